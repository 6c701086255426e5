import { $, element } from "./dom.js";
import { closeWhy } from "./explain.js";
import { markOwnRow, newFace, newTime, paintFace, showClients, showNodes } from "./people.js";
import { Socket } from "./socket.js";

let session = { user: "", roles: [], anonymous: true }; // as the website says
let me = null; // our client, as the socket says

// What the server tells, and what is then done with it.

const on = {
  async you({ client }) {
    me = client;
    showAccount();
    markOwnRow(me.id);
    if (client.anonymous !== session.anonymous) {
      await readSession(); // it ended while the server was away
      showAccount();
    }
  },
  clients({ clients, total, partial }) {
    showClients(clients, me?.id);
    $("clients-count").textContent = total;
    $("clients-partial").hidden = !partial;
    $("clients-more").hidden = total === clients.length;
    $("clients-more").textContent = `and ${total - clients.length} more`;
  },
  nodes({ nodes, partial }) {
    showNodes(nodes, me?.node);
    $("nodes-partial").hidden = !partial;
  },
  said({ from, text, at }) {
    addMessage(from, text, new Date(at));
  },
  error({ error }) {
    $("say-error").textContent = error;
    $("say-error").hidden = false;
  },
};

const socket = new Socket({
  onState(state) {
    const status = $("status");
    status.dataset.state = state;
    status.textContent = { connected: "Connected", reconnecting: "Reconnecting" }[state];
    $("say").disabled = state !== "connected";
  },
  onMessage(message) {
    if (Object.hasOwn(on, message.type)) on[message.type](message);
  },
  onSignedOut(reason) {
    addNote(`The server closed this tab's socket: ${reason} (4401)`);
    enter();
  },
});

// The session. It is the browser's, so all tabs have the same one. When it ends,
// the server closes the sockets of all of them; but a tab that nobody is signed
// in from has no session, so it must hear of a sign-in from the tab it was in,
// or, if that was at another node, find out when somebody looks at it.

const otherTabs = new BroadcastChannel("rollcall-session");
otherTabs.onmessage = () => enter();

document.addEventListener("visibilitychange", async () => {
  if (document.hidden) return;
  const before = session.user;
  await readSession();
  if (session.user !== before) enter();
});

async function readSession() {
  try {
    const response = await fetch("/whoami", { headers: { Accept: "application/json" } });
    if (response.ok) session = await response.json();
  } catch {
    // The website is away; the socket knows how to wait for it.
  }
}

// enter goes into the room as who we are now.
async function enter() {
  await readSession();
  me = null;
  showAccount();
  socket.connect();
}

async function post(path, form) {
  const response = await fetch(path, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(new FormData(form)),
  });
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  return body;
}

$("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  showLoginError("");
  $("login").disabled = true;
  try {
    await post("/login", form);
    form.reset();
    otherTabs.postMessage("signed in");
    await enter();
    $("logout").focus();
  } catch (error) {
    showLoginError(`Not signed in: ${error.message}.`);
    $("login-password").select();
  } finally {
    $("login").disabled = false;
  }
});

// After this there is nothing to do but to wait: the server closes the socket.
$("logout-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("logout").disabled = true;
  try {
    session = await post("/logout", event.currentTarget);
    me = null;
    showAccount();
    $("login-user").focus();
  } catch (error) {
    addNote(`Not signed out: ${error.message}`);
  } finally {
    $("logout").disabled = false;
  }
});

$("demo-users").addEventListener("click", (event) => {
  const user = event.target.closest("[data-demo-user]");
  if (!user) return;
  $("login-user").value = user.dataset.demoUser;
  $("login-password").value = user.dataset.demoPassword;
  $("login-form").requestSubmit();
});

$("say-form").addEventListener("submit", (event) => {
  event.preventDefault();
  $("say-error").hidden = true;
  if (socket.send({ type: "say", text: $("say-text").value })) $("say-text").value = "";
});

// Drawing.

function showAccount() {
  const who = session.anonymous ? { user: me?.anonymous ? me.user : "anonymous", anonymous: true } : session;
  paintFace($("my-face"), who);
  $("my-name").textContent = who.user;
  $("my-roles").textContent = session.anonymous ? "not signed in" : session.roles.join(", ");
  $("login-form").hidden = !session.anonymous;
  $("demo-users").hidden = !session.anonymous;
  $("logout-form").hidden = session.anonymous;
  $("account").dataset.user = session.user;
  document.body.classList.toggle("signed-in", !session.anonymous);
  if (session.anonymous) closeWhy(); // the server answers those only who are signed in
}

function showLoginError(text) {
  $("login-error").textContent = text;
  $("login-error").classList.toggle("shown", text !== "");
}

const mostMessages = 200;

function addMessage(from, text, at) {
  const item = element("li", "message");
  item.dataset.from = from.user;
  const head = element("p", "head");
  head.append(element("b", "", from.user), newTime(at));
  const body = element("p", "text", text);
  body.dir = "auto";
  const bubble = element("div");
  bubble.append(head, body);
  item.append(newFace(from), bubble);
  append(item);
}

function addNote(text) {
  append(element("li", "event", text));
}

function append(item) {
  const list = $("messages");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(item);
  while (list.children.length > mostMessages) list.firstChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight; // else somebody reads further up
}

enter();
