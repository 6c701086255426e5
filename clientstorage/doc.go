// Package clientstorage keeps the clients that are connected to a WebSocket
// server: it attaches them, finds, lists and counts them, and detaches them, on
// one node or on many.
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
// # Questions
//
// [Storage.Local] answers for the clients of this node, from memory: no error,
// no waiting. The methods of [Storage] answer for those of all nodes, with a
// context and errors:
//
//	Lookup(id)         one round trip
//	Online(users...)   one, for all of them
//	ByUser(user)       two: where they are, then the clients
//	Count, Nodes       one
//	All, ByRole        one, and one for each 64 pages of 16 clients
//	Users              the same, over lists of a dozen or two users
//
// That is with a driver that fetches many keys at once, when the nodes are those
// of the last question. An answer from the cache says how old it may be, and
// what could not be read is an error that names the node, never a list that is
// silently shorter. [Storage.Explain] says why somebody is, or is not, visible.
//
// # What is in the cache
//
// These keys stand under one prefix, each value in MessagePack with a version in
// front; docs/format.md is for those who read them in another language:
//
//	p:<node>:<page>            the clients in sixteen neighbouring slots of a node
//	u:<node>:<level>:<bucket>  some users of a node, and the pages they are on
//	l:<node>                   the node's lease; while it lives, its clients count
//	m:<node>                   the node's mark, which tells it that nothing was lost
//	nodes                      the nodes that may have a lease
//
// A node renews one lease, not one heartbeat per client. When a node is killed
// its lease runs out, and all of its clients are gone at once, at no cost. No
// node deletes what another one wrote, and no node compares its clock with that
// of another: the cache's own time to live decides who is alive.
//
// # When the cache fails
//
// Clients come and go on their node as ever. While the cache is down, nobody
// waits for it but the heartbeat, and those who fail closed; when it is back, the heartbeat writes what is
// behind. What has to be remembered until then is which pages and lists those
// are, so it is bounded by the number of clients. A write whose outcome is unknown
// may still arrive after the next one: what it concerns is read back until it
// can no longer. A cache that was wiped is noticed with the next heartbeat, and
// one that drops single keys is mended within ten minutes.
//
// What is not promised: a list that is read while two nodes start at the same
// moment may lack one of them until its next heartbeat, a third of a lease later;
// and so may one that is read right after the cache was wiped. Lookup by id does
// not depend on the list of nodes.
package clientstorage
