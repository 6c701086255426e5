// Package firewall decides who a client is, before its connection becomes a
// WebSocket.
//
// A [Firewall] is given what matters of the handshake, a [Request], and answers
// with an [Identity] or a [Refusal]. It checks that the page that opens the
// socket is one of the website's own, takes the session id from the cookie,
// reads the session and asks what it says about the user. A visitor without a
// session is anonymous and gets a name that nobody else has.
//
//	fw, err := firewall.New(&firewall.Options{
//		Sessions: sessions,
//		Cookie:   sessions.Cookie(),
//		Identify: firewall.Keys("user", "roles"),
//	})
//
// What cannot be decided is refused: a session store that does not answer makes
// nobody anonymous.
package firewall
