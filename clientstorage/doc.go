// Package clientstorage keeps the clients that are connected to a WebSocket
// server: it attaches them, looks them up, lists and counts them, and detaches
// them, on one node or on many.
//
// The truth about a client is in the memory of the node that holds its socket.
// [New] with a nil [Driver] stores nothing else:
//
//	storage, err := clientstorage.New(nil, nil)
//
// With a Driver the node also writes its clients into a shared cache, so that
// other nodes, and processes that hold no sockets at all, can find them. A
// cache may lose what it holds at any time; the node writes it again. So a
// Driver needs no more than three methods, and package decorator makes one of
// any cache.
//
// # What is in the cache
//
// Three kinds of key stand under one prefix, each value in MessagePack with a
// version in front:
//
//	p:<node>:<page>   the clients in sixteen neighbouring slots of a node
//	l:<node>          the node's lease; while it lives, its clients count
//	nodes             the nodes that may have a lease
//
// A node renews one lease, not one heartbeat per client. When a node is killed
// its lease runs out, and all of its clients are gone at once, at no cost. No
// node deletes what another one wrote, and no node compares its clock with that
// of another: the cache's own time to live decides who is alive.
package clientstorage
