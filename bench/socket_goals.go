package main

// socketForm is the -n that the goals of the socket questions are for.
const socketForm = 10_000

// socketPeers are the servers that others have made, over plain TCP.
var socketPeers = []string{
	socketBaseline, "coder net/http", "gws", "gws net/http", "nbio", "nbio net/http", "gnet", "melody", "centrifuge", "gobwas",
}

var socketGoals = []goal{
	{question: askIdle, subject: rollcallServe, limit: 350, clients: socketForm},
	{question: askIdle, subject: rollcallKept, limit: 1.5 * 1024, clients: socketForm},
	{question: askIdle, subject: rollcallTLS, limit: 10.5 * 1024, clients: socketForm},
	// A few goroutines may come and go: that is constant.
	{question: askGoroutines, subject: rollcallServe, limit: 16, clients: socketForm},
	{question: askGoroutines, subject: rollcallKept, limit: 16, clients: socketForm},
	{question: askGoroutines, subject: rollcallTLS, limit: 16, clients: socketForm},
	{question: askConnect, subject: rollcallServe, limit: 1, times: socketPeers, clients: socketForm},
	{question: askConnect, subject: rollcallServe, limit: 1.4, times: []string{bareLoop}, clients: socketForm},
	{question: askEcho, subject: rollcallServe, limit: 1, times: socketPeers, clients: socketForm},
	{question: askEcho, subject: rollcallServe, limit: 1.15, times: []string{bareLoop}, clients: socketForm},
	{question: askLeft, subject: rollcallServe, limit: 250, clients: socketForm},
}

// socketCaveats are printed under the tables of the socket questions.
var socketCaveats = []string{
	"sockets: the clients are one goroutine over epoll in the process that measures, from addresses 127.0.x.y; those of the TLS subjects are net.Conns with a goroutine for each that does something, and connect and leave 64 at once. Both take about as much CPU as the server, so rate says little.",
	"sockets: bytes are resident memory, which leaves out what the kernel keeps for a socket: about 4.5 KB each.",
	bareLoop + ": one fixed answer to any request, no parsing beyond the length of a frame, no check, no limit, no registry. It is what the kernel takes, and no server.",
	"gorilla, coder, gws, nbio, gnet, gobwas: remember their clients in a sync.Map by id, no more. rollcall: clientstorage with its index by user, a firewall, pings, checks of UTF-8, limits and a bounded queue per client. melody: its own registry and pings. centrifuge: its own registry of clients, users and channels; a client connects by a command in JSON after the upgrade, and an echo is an RPC in JSON, which is more work than a text that comes back.",
	"gnet has no WebSocket: gobwas/ws over it does the least that answers these clients, without fragments, pings, limits or a check of UTF-8. gws, gnet and gobwas check no origin.",
	"Of the peers only melody pings. rollcall pings after 30 s of silence, which the clients answer.",
}
