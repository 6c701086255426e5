package symfony

import "errors"

// A session that has a token signs nobody in for one of these reasons. They are
// found by errors.Is, also in a *firewall.Refusal.
var (
	// ErrTokenClass says that the token is of a class that is neither Symfony's
	// own nor in Options.Tokens. A two-factor login in progress is such a one.
	ErrTokenClass = errors.New("symfony: the token is of an unknown class")

	// ErrMalformed says that the token is not what its class writes. If PHP
	// cannot have written it, the error is also phpserialize.ErrSyntax.
	ErrMalformed = errors.New("symfony: malformed token")

	// ErrUnauthenticated says that the token has no user, or that it says itself
	// that it is not authenticated.
	ErrUnauthenticated = errors.New("symfony: the token is not authenticated")

	// ErrUserClass says that the user is of a class that is neither Symfony's own
	// nor in Options.Users.
	ErrUserClass = errors.New("symfony: the user is of an unknown class")

	// ErrOpaqueUser says that the user's class writes itself in a format of its
	// own, in which only PHP finds the identifier.
	ErrOpaqueUser = errors.New("symfony: the user is written in a format of its class's own")

	// ErrNoIdentifier says that the user identifier is not where Options.Users
	// says, or is neither a string nor an integer that is allowed, or is empty.
	ErrNoIdentifier = errors.New("symfony: the user has no identifier")

	// ErrAmbiguous says that several classes have a property of the name that
	// Options.Users gives. "Class::name" says which.
	ErrAmbiguous = errors.New("symfony: the user has several properties of this name")

	// ErrRoles says that the roles are not strings, or not in the token.
	ErrRoles = errors.New("symfony: the token does not say which roles the user has")

	// ErrLimit says that the token, the identifier, a role or the list of roles
	// is longer than is read.
	ErrLimit = errors.New("symfony: over a limit")

	// ErrEncoding says that the identifier or a role is not in UTF-8.
	ErrEncoding = errors.New("symfony: not in UTF-8")

	// ErrImpersonated says that somebody else acts as the user, and
	// Options.RefuseImpersonation is set.
	ErrImpersonated = errors.New("symfony: another user acts as this one")

	// ErrUserChanged says that Options.Refresh did not confirm the user.
	ErrUserChanged = errors.New("symfony: the user has changed since the token was written")
)
