// Package symfony says who has signed in with a session of a Symfony website, of
// versions 3.4 to 7.
//
// Symfony keeps the token of each firewall in the session, under _security_ and
// the firewall's context, as PHP's serialize() wrote it. [New] returns a function
// that finds the token there, and takes the user, his roles and who acts as him
// out of it:
//
//	identify, err := symfony.New(&symfony.Options{
//		Contexts: []string{"main"},
//		Users:    map[string]symfony.Identifier{`App\Entity\User`: symfony.Property("email")},
//	})
//	...
//	&firewall.SessionAuthenticator{Sessions: sessions, Identify: identify}
//
// The user identifier is not in the token: it is what PHP code returns, the
// user's getUserIdentifier(). So [Options].Users says for each class of users in
// which property it lies. Symfony's own users are known.
//
// # What is trusted
//
// A token signs somebody in if its class is one of Symfony's, or named in
// [Options].Tokens; if it is laid out exactly as that class writes it; if it says
// that it is authenticated; and if the user, the identifier and the roles are
// where they must be. Whatever else there is in the session is an error, each
// with a sentinel of its own, and never a user. In particular the token of a
// two-factor login has a complete token of the user in it, but is of a class of
// its own, as long as the code is not typed in.
//
// What a website decides by other means than its tokens is not seen here, such as
// a flag in the session of a bundle that asks for a second factor later. Wrap the
// function, and look at the [session.Session] too.
//
// Symfony loads the user again with every request, and signs him out if his
// password or his roles have changed. The session alone does not tell. Either
// [Options].Refresh asks the website's database, or the user stays signed in here
// until he asks the website for a page.
package symfony
