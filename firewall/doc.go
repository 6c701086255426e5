// Package firewall decides who a client is, before its connection becomes a
// WebSocket.
//
// A [Firewall] is given what matters of the handshake, a [Request], and answers
// with an [Identity] or a [Refusal]. It checks that the page that opens the
// socket is one of the website's own, takes the session id from the cookie,
// reads the session and asks what it says about the user. A visitor without a
// session is anonymous and gets a name that nobody else has.
//
//	identify, err := symfony.New(&symfony.Options{Contexts: []string{"main"}})
//	...
//	fw, err := firewall.New(&firewall.Options{
//		Authenticators: []firewall.Authenticator{
//			&firewall.SessionAuthenticator{Sessions: sessions, Identify: identify},
//		},
//	})
//
// What cannot be decided is refused: a session store that does not answer makes
// nobody anonymous. What the session says but cannot be trusted, such as a token
// of an unknown class, makes nobody a user; every way in which that happens has
// its [Reason], and a line in the log.
//
// While a client is connected, [Firewall.Recheck] reads its session again, so that
// who signs out on the website is signed out here. [Firewall.Diagnose] answers
// the question why somebody is anonymous.
package firewall
