// A socket that comes back. It calls
//
//   onState(state)      with "connected" or "reconnecting"
//   onMessage(message)  with each message, which is an object with a type
//   onSignedOut(reason) when the server closed it because the session has ended
//
// and, but for the last, connects again by itself.

const signedOut = 4401; // wsconn.StatusSignedOut

const firstDelay = 250; // milliseconds
const longestDelay = 8000;

export class Socket {
  #ws = null;
  #timer = 0;
  #delay = firstDelay;
  #handlers;

  constructor(handlers) {
    this.#handlers = handlers;
  }

  // connect opens the socket, in place of the one that there may be. The
  // browser sends the session cookie along, which says who we are.
  connect() {
    if (this.#ws) this.#handlers.onState("reconnecting");
    this.close();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const ws = new WebSocket(`${scheme}//${location.host}/ws`);
    this.#ws = ws;
    ws.onmessage = ({ data }) => {
      if (ws !== this.#ws) return;
      this.#delay = firstDelay;
      this.#handlers.onMessage(JSON.parse(data));
    };
    ws.onopen = () => {
      if (ws === this.#ws) this.#handlers.onState("connected");
    };
    ws.onclose = ({ code, reason }) => {
      if (ws === this.#ws) this.#lost(code, reason); // else it was replaced
    };
  }

  // send reports whether the message is on its way.
  send(message) {
    if (this.#ws?.readyState !== WebSocket.OPEN) return false;
    this.#ws.send(JSON.stringify(message));
    return true;
  }

  close() {
    clearTimeout(this.#timer);
    const ws = this.#ws;
    this.#ws = null;
    ws?.close(1000);
  }

  #lost(code, reason) {
    this.#ws = null;
    this.#handlers.onState("reconnecting");
    if (code === signedOut) {
      this.#handlers.onSignedOut(reason);
      return;
    }
    // Not all at once, when a server that had many clients is back.
    const delay = this.#delay * (0.5 + Math.random() / 2);
    this.#delay = Math.min(2 * this.#delay, longestDelay);
    this.#timer = setTimeout(() => this.connect(), delay);
  }
}
