// Package conformance speaks to a WebSocket server as a client that breaks the
// rules on purpose, and judges what comes back.
//
// [Cases] are those of the Autobahn test suite's fuzzing client, written anew:
// categories 1 to 7, 9, 10, 12 and 13, 517 cases under the suite's own ids. Each
// has the suite's judgement, [Result.Outcome], and a stricter one, [Result.RFC]:
// where a server has to fail a connection, it must say so in a Close frame with
// the right code and then end its stream without a reset; and it must not agree to
// a compression that was not offered. The suite accepts less.
//
// [Rules] are cases that the suite lacks, from RFC 6455 and RFC 7692. They have
// ids like R.5.2.1, the first rule of section 5.2; those of RFC 7692 begin with
// "Z." in place of "R.".
//
// The server under test echoes text and binary messages, answers pings, and takes
// messages of [Options].MaxMessage bytes but no longer ones. What has to do with
// compression is [Unimplemented] where the server does not negotiate it.
//
// Cases are values and may run at the same time. Only tests import this package.
package conformance
