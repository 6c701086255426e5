package symfony

import (
	"context"
	"errors"
	"fmt"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// Options configure [New].
type Options struct {
	// Contexts are the contexts of the firewalls whose users are signed in here
	// too; at least one is required. A firewall's context is its name, unless
	// security.yaml gives it a context: of its own. The first that the session
	// has a token of decides, even if the token is refused.
	Contexts []string

	// Users says where the identifier is in the users of a class. Symfony's own
	// InMemoryUser, User and LdapUser are known, as are users that are mere
	// strings, which there were before Symfony 6. Doctrine's proxies count as the
	// class that they stand for.
	Users map[string]Identifier

	// IntegerIdentifiers allows identifiers that are integers. 7 becomes "7".
	IntegerIdentifiers bool

	// Tokens are classes of tokens of the website's own, or of its bundles, which
	// sign in the user who is in them as much as Symfony's do.
	Tokens map[string]Layout

	// RefuseImpersonation refuses whoever acts as another user, by Symfony's
	// switch_user. By default the identity is that of the user he acts as, and
	// its Impersonator is who he is.
	RefuseImpersonation bool

	// Refresh, if set, is asked last whether a user is still what the token says,
	// as Symfony itself does with every request: it compares what the website's
	// database has with id and with user, which is the user as the token has him.
	// It may change id. If it is not ok, the error is ErrUserChanged. With an
	// error of its own nothing is known about the user, and the client gets
	// firewall.ReasonUnavailable. It must neither keep user, which has the whole
	// session's bytes, nor quote him in an error.
	//
	// It is called for each connection, and each time a session is read again.
	Refresh func(ctx context.Context, id *firewall.Identity, user phpserialize.Value) (ok bool, err error)
}

// New returns the function for the field Identify of a
// [firewall.SessionAuthenticator], or an error that says what is wrong with opts.
// The function may be called concurrently. For a session that nobody has signed
// in with it returns neither an identity nor an error.
//
// As for Symfony's IS_REMEMBERED, an identity is Remembered if its token is a
// RememberMeToken; whoever acts as another user has a SwitchUserToken, and is not.
func New(opts *Options) (func(context.Context, *session.Session) (*firewall.Identity, error), error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	r, err := newReader(&o)
	if err != nil {
		return nil, err
	}
	return r.identify, nil
}

// A reader is what Options come to. It does not change.
type reader struct {
	contexts    []contextKey
	tokens      map[string]tokenClass
	users       map[string]Identifier
	integers    bool
	impersonate bool
	refresh     func(context.Context, *firewall.Identity, phpserialize.Value) (bool, error)
}

func (r *reader) identify(ctx context.Context, s *session.Session) (*firewall.Identity, error) {
	name, token, err := r.find(ctx, s)
	if err != nil {
		return nil, untrusted(err)
	}
	if token == nil {
		return nil, nil
	}
	id, user, err := r.read(ctx, token)
	if err != nil {
		return nil, untrusted(err)
	}
	if id == nil {
		return nil, nil
	}
	id.Context = name
	session.Note(ctx, func() string { return describe(id) })
	if r.refresh == nil {
		return id, nil
	}
	ok, err := r.refresh(ctx, id, user)
	if err != nil {
		return nil, unavailable(err)
	}
	if !ok {
		session.Note(ctx, func() string { return "Options.Refresh does not confirm the user" })
		return nil, untrusted(ErrUserChanged)
	}
	return id, nil
}

// untrusted says that the session is at fault, and not what was asked.
func untrusted(err error) error { return firewall.Refuse(firewall.ReasonIdentity, err) }

// unavailable makes an error of Refresh the refusal that it means.
func unavailable(err error) error {
	if _, ok := errors.AsType[*firewall.Refusal](err); ok {
		return err
	}
	return firewall.Refuse(firewall.ReasonUnavailable, err)
}

func describe(id *firewall.Identity) string {
	text := fmt.Sprintf("the user is %.100q, with %d roles", id.User, len(id.Roles))
	if id.Impersonator != "" {
		text += fmt.Sprintf("; %.100q acts as this one", id.Impersonator)
	}
	return text
}
