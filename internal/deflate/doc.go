// Package deflate has the part of the extension permessage-deflate of WebSocket
// (RFC 7692) that is about bytes: a server negotiates it with [Negotiate], inflates
// messages with [Inflate] and compresses them with [Deflate]. Frames and their bit
// RSV1 are the business of the caller.
//
// A receiver inflates a message when all its frames are there, and checks that a
// text is UTF-8 after that. A sender compresses a message once for all clients
// whose [Params] fit, and sends it to the others as it is.
//
// # No context takeover
//
// The extension allows both sides to keep the window from message to message. This
// package never does, and has clients do without as well. The table has what is
// left of messages, 1 being all, for JSON messages of a chat, lists of such
// messages, and a book. It is for compress/flate's level 1, and in brackets for
// level 6, which takes up to four times as long:
//
//	                window kept      window not kept
//	chat, 130 B     0.84  (0.39)     0.86
//	chat, 250 B     0.62  (0.40)     0.75
//	chat, 400 B     0.57  (0.39)     0.67
//	JSON, 1 KB      0.48  (0.39)     0.53
//	JSON, 4 KB      0.41  (0.32)     0.44
//	text, 64 KB     0.39  (0.31)     0.39
//	memory/client   1.2 MB (0.8 MB)  0
//
// To that come 32 KB for each client that sends, and a broadcast that is compressed
// for each client instead of once. Short messages would gain from it, but with a
// thousand times the memory that a connection takes without; long ones gain little.
//
// # Which messages
//
// A chat message of 130 bytes is compressed by 18 bytes, one of 200 by 40, and one
// of 250 by 64, which is what the headers take of the packet it travels in (TCP,
// IP, Ethernet). From there on it is worth the time: see [Threshold]. Noise is
// compressed in vain, in about the time of text; those who send pictures should
// leave compression off.
//
// # By what
//
// Messages are compressed by compress/flate's level 1. Levels 2 to 9 clear half a
// megabyte before each message. Level 6 takes twice the time for chats and makes
// them no shorter, and four times the time for the book, of which it leaves 0.32
// instead of 0.39. The writers are pooled, and take 1.2 MB for each message that is
// compressed at the same time.
//
// klauspost/compress/flate, at level 5, takes two thirds of the time of that for
// JSON from 1 KB on, and somewhat less time for the book, of which it leaves 0.33.
// Of chats of 60 to 300 bytes it leaves 0.82 instead of 0.79. That is not enough for
// a dependency in the build of everybody.
//
// Inflating is done here, and not by compress/flate's reader, which is made for
// streams. The reader takes as long for chats and a third longer for the book, but
//
//   - it allocates in each block that has trees: 14 times for 64 KB of text, and
//     58,000 times for 64 KB of empty blocks with large trees;
//   - it has to be started anew behind each block that is final, with which a
//     client can make 64 KB take 19 times as long as here;
//   - it does not tell the end of a message from a message that was cut off;
//   - it has 40 KB of window and tables for each message that is inflated at the
//     same time, where 4 KB do: a message in memory is its own window.
//
// The fuzz tests compare the two.
//
// The figures are of go test -bench . on one machine; what counts is how they
// relate.
package deflate
