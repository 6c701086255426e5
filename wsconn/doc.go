// Package wsconn serves WebSockets (RFC 6455) and keeps a roll of who is
// connected.
//
// A [Server] takes connections in two ways: [Server.ServeHTTP] belongs in a
// mux, beside the pages of a website; [Server.Serve] takes a listener of its
// own and upgrades without net/http, which costs less.
//
// # The way of a connection
//
//  1. The handshake is read, at most [Limits].MaxHeaderBytes of it and for at
//     most [Limits].HandshakeTimeout.
//  2. The firewall says who it is. If it refuses, the answer is its HTTP status,
//     and no more happens.
//  3. The 101 goes out, and the client is attached to the storage.
//  4. [Handler].OnOpen, then OnMessage for each message.
//  5. Whatever ends the connection, the client is detached, once.
//  6. [Handler].OnClose, with the client and the reason.
//
// From time to time the server pings silent clients, and asks the firewall whether
// the sessions of all still say the same; see [Limits]. If not, it closes the
// connection, or changes who is behind it and tells an [IdentityHandler].
package wsconn
