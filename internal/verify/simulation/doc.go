// Package simulation runs the real code of package clientstorage on many nodes
// in one process, against a cache and a network that do what real ones do in
// years, and compares what the nodes say with the truth. Time is that of a bubble
// of package testing/synctest, so a history of minutes takes a fraction of a
// second.
//
// What can happen to a call of a driver: it takes its time, fails before it
// arrives, arrives without an answer, or arrives after its caller was told of an
// error, up to nearly the settle time of the protocol, and perhaps twice. Calls
// overtake each other, and the keys of one call arrive at different moments.
// Beside that, nodes are cut off, paused, killed, closed and added; the cache is
// wiped, and in some histories loses or spoils single keys. Pauses and wipes aim
// at the bad moments: between a read and the write that follows from it, and in
// the middle of everything being written again. A write that was answered does
// not arrive a second time; drivers promise that by not repeating writes.
//
// What is checked:
//
//   - At any time: own clients are exact; nobody is in an answer who never was
//     there, or who was gone when all was quiet; and everybody who is was there as
//     long ago as the age says, but for the time that the lease was on its way,
//     which no reader can know.
//   - When the faults have ended and the time has passed that the rules of the
//     protocol allow: every answer of every storage is the truth, and stays it,
//     what the hooks said of the nodes is too, and nobody writes any more.
//   - While nothing is wrong: what Attach, Update and Detach have done is known
//     to all when they return. A node that is closed leaves nothing behind.
//
// # What a seed repeats
//
// A seed decides the options, the faults, the users, the ids of the nodes and
// what becomes of the n-th call for a key. All that happens outside the storages
// goes through one queue, in the order of virtual time, and waits each time until
// the storages have come to rest. What is left to chance is inside of them: the
// order of goroutines that run at the same instant, and that in which Go ranges
// over a map. So the same seed gives the same history or one much like it: a
// failure repeats nearly always, and if not, then within a few attempts.
//
//	ROLLCALL_VERIFY=long go test -timeout 10m ./internal/verify/simulation
//	ROLLCALL_VERIFY_SEED=17 go test -v -run Histories ./internal/verify/simulation
package simulation
