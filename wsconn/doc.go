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
//
// # What a handler may do
//
// Anything, and for as long as it likes: handlers of other connections go on. A
// handler that returns soon costs least, because it runs where its message was read. One
// that is still at it after some 20 ms is left alone with its connection; and while
// handlers are often slow, each call gets a goroutine from the start.
//
// Writing does not wait. What a client is too slow to take waits in a queue that is
// bounded by [Limits].MaxQueueBytes; [Limits].Slow says what happens when it is full,
// and [Conn.WriteWait] waits until it is not. What is written while a message is being
// handled goes out together when the handler returns.
//
// # From accept to detach
//
// Most clients are idle, so they are what the server is made for: on Linux, an idle
// client is a descriptor in an epoll and about 100 bytes here. It has no goroutine, no
// timer and no buffer. Each step has a file, which begins with the invariant it keeps.
//
//   - accept_linux.go. All loops watch the listener, and one of them accepts a bare
//     descriptor. accept.go counts it and gives it to a loop.
//   - table.go. There it gets a slot, and the slot's generation is what events carry,
//     so an event that is late never reaches another client, whose descriptor may be
//     the same.
//   - poller_linux.go, loop.go, runner_linux.go. A loop waits for its epoll like any
//     goroutine for a socket. For each event it takes the connection's turn (turn.go),
//     reads once into its own buffer, and serves what came.
//   - request.go collects the handshake, upgrade.go has ws.Upgrader take it apart in
//     memory, handshake.go asks the firewall and answers. If there is a session to be
//     read, that is done by the crew (crew.go), a few goroutines for what may wait.
//   - overseer.go has more of them when they do not keep up, and takes a loop away from
//     a handler that blocks.
//   - open.go attaches the client; index.go finds it by its id from now on.
//   - receive.go, message.go and frame.go take messages out of the buffer where they
//     lie. Only what is incomplete is copied and kept.
//   - write.go, queue.go and flush.go. Answers are gathered and leave with one write. What the
//     socket does not take waits, and the epoll tells when there is room.
//   - sweep.go looks at those whose slot says that something is due: a ping, a timeout.
//   - close.go and finish.go. Whatever ends the connection, and however many things at
//     once, the one who has the turn detaches the client and tells the handler, and the
//     socket is closed when the close frame has left and the client has ended its side.
//   - shutdown.go does so for all.
//
// The system calls, by strace, for a client by itself and for each of a hundred that
// speak at the same time; that a batch of accepts ends with one that finds nobody, and
// the runtime's own epoll, are left out:
//
//	                         read   write   epoll_wait   others
//	connect                  1      1       2            accept4, epoll_ctl
//	message, 1 client        1      1       1
//	message, 100 at once     1      1       0.08
//	message, 10 a packet     0.1    0.1     0.1
//	leave by close frames    2      1       2            shutdown, close
//	leave without            1              1            close
//
// # Other kinds of connections
//
// A connection of net/http gives up its descriptor and joins a loop (link.go says of
// those that cannot): TLS, and types of other packages that have a descriptor, keep
// their net.Conn, and get a goroutine while there is something to read. Types without
// one, and all connections on systems other than Linux, have a goroutine each, which
// holds a buffer only while something is incomplete. The tests run in all of these
// modes.
//
//	                 bytes of an idle client    goroutines
//	descriptor       350                        0
//	kept net.Conn    1,500                      0
//	TLS              9,800                      0
//	goroutine        6,200                      1
//
// That is with the storage and its index by user, by `go -C bench run . -run sockets`.
// The kernel takes some 4.5 KB more for each socket.
package wsconn
