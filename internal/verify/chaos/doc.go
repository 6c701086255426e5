// Package chaos runs clusters of real processes on real redis-servers, breaks
// them, and asks whether everybody knows who is connected.
//
// A cluster is a redis-server, three nodes that attach, update and detach
// clients all the time, and a reader that attaches none. One of the nodes is a
// calm one: nothing that the cache loses of it is mended by chance. Many clusters
// run side by side, because most of a round is waiting. A round is
//
//  1. one to three faults at once: a node is killed, stopped for less or more
//     than its lease, closed and replaced, or attaches or detaches hundreds of
//     clients; the server loses everything, is killed and starts empty, is
//     stopped, drops its connections, or is paused;
//  2. healing: what was stopped goes on, what was killed is started again;
//  3. rest: the nodes attach and detach no more;
//  4. the comparison, which has to hold within the bound of the protocol, and to
//     stay.
//
// # What is checked
//
// After each round, in every process: All is the union of what the nodes hold in
// memory, with users, roles and attributes; so are ByUser, ByRole, Users,
// Online, Lookup, Count and Nodes; clients and users that are gone are gone.
//
// While faults happen: Attach, Update and Detach do not fail; no answer has a
// client that never was, or that is put together from two, or the same client
// twice; an error names the node or what could not be done. A node that was
// killed or closed is not seen longer than a lease after the kill, or after the
// cache was well again.
//
// A node that closes while the cache is well leaves nothing in it.
//
// # What is not
//
// Each operation by itself: the comparison is made at rest. Partitions, slow
// networks and clocks that jump. Evictions, which the sweep mends within ten
// minutes. Clusters and replicas of Redis, and other caches.
//
// # How to run it
//
// The short form is a part of "go test". The long one is
//
//	ROLLCALL_VERIFY=long go test -v -timeout 60m ./internal/verify/chaos
//
// ROLLCALL_VERIFY_ROUNDS and ROLLCALL_VERIFY_SEED set the number of rounds and
// what they are drawn from. A seed repeats the faults and their times, not the
// scheduling of the processes.
package chaos
