// Package model checks the rules by which nodes share their clients through a
// cache. It knows nothing of the code that follows these rules, but goes through
// the states of a small world in which they hold, with everything that can go
// wrong at every moment.
//
// # What is in the model
//
// Nodes attach and detach clients, write pages and lists, beat, change the level
// of their lists, and are closed. Every write is on its way for a while. It
// arrives, fails without effect, fails and has arrived all the same, or fails
// and arrives late, after others. A heartbeat is several steps, and anything may
// come between two of them: nodes are killed, and others start; they are paused,
// for less or more than a lease, or until their pages expire; the cache is
// wiped, evicts a key, or loses its last write in a failover.
//
// There is a lookup by id, a list by way of the pages, and one by way of the
// lists. They look at every state at once; another reader looks for the clients
// of node 0 one key at a time.
//
// # Time
//
// There is no clock. What takes time is an action that is possible when the
// rules allow it: a lease ends if its node is dead or was paused for longer than
// a lease, and a node that is up always renews in time; late writes come before
// the window for them ends; a reader takes less than a lease.
//
// # What is left out
//
// Encoding, batches, limits, and ages. A page has one or two slots, there are two
// users at most, and the level changes once, from one list to two. A reader that
// cannot read gets an error, which is no answer, so reads do not fail here.
// Names and marks of dead nodes stay where they are.
//
// # What must hold
//
//   - P1: at rest, what is read is what the live nodes hold. The world is at rest
//     when the faults are over, nothing is on its way or in doubt, the leases of
//     the dead are gone, every node has beaten twice since anything changed, and
//     has swept if the cache dropped single keys.
//   - P2: of a node that no fault has touched, every client is seen once its
//     Attach has returned, whatever happens to the other nodes. Where the list of
//     nodes is asked, its name may miss there while another node joins.
//   - P3: a node is not seen in part. Under a lease of a heartbeat that began
//     after everything was lost, every client is seen whose Attach has returned.
//   - P4: of a node that no fault has touched, no client is seen once its Detach
//     has returned, and no user online who has none.
//
// # Rules and ablations
//
// The rules bear the numbers R1 to R13 and can be switched off one by one.
// Without any of them a property must break in a small world in which it holds
// with the rule. If it does not, the model is too weak or the rule is not needed.
// R12, that no two machines' clocks are compared, holds by the lack of clocks.
//
// # A trace
//
// A violation comes with the shortest way to it, or one of the shortest:
//
//	1  node 0: attaches a client of user 0 in slot 0
//	2  node 0: sends p:0:0 = 0x2
//	3  write of p:0:0 = 0x2 arrived
//
// Keys are p:<node>:<page>, u:<node>:<level>:<list>, l:<node> for the lease,
// m:<node> for the mark, and nodes; their values are explained with the type
// state. A heartbeat is three lines, in which the node reads its mark, reads the
// list of nodes, and sends its lease. The last of them also shows the cache.
//
// A world of settled clients begins when node 0 has attached them long ago.
//
// # Running it
//
// go test takes seconds. With ROLLCALL_VERIFY=long in the environment it takes
// minutes and up to three gigabytes, and sees larger worlds and more random ways.
package model
