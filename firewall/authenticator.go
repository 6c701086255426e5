package firewall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/session"
)

// An Authenticator knows one way to tell who a client is. Its methods must be
// safe for concurrent use.
type Authenticator interface {
	// Authenticate says who sends r. An error should be a *[Refusal], whose
	// reason decides what comes next; any other one is ReasonUnavailable, and
	// without an identity or an error it is ReasonAnonymous. Nobody changes the
	// identity after. While the client is connected it holds until it expires;
	// only that of a [SessionAuthenticator] is looked at again.
	Authenticate(ctx context.Context, r *Request) (*Identity, error)
}

// AuthenticatorFunc is an [Authenticator].
type AuthenticatorFunc func(ctx context.Context, r *Request) (*Identity, error)

// Authenticate calls f.
func (f AuthenticatorFunc) Authenticate(ctx context.Context, r *Request) (*Identity, error) {
	return f(ctx, r)
}

// A SessionAuthenticator finds the website's session by the cookie and asks what
// it says. The firewall reads the session again while the client is connected:
// see [Firewall.Recheck].
type SessionAuthenticator struct {
	// Sessions reads the website's sessions. It is required.
	Sessions session.Handler

	// Cookie is the website's session cookie, PHP's PHPSESSID by default.
	Cookie session.Cookie

	// Identify says who has signed in with a session, or returns nil if nobody
	// has; see [Keys] and package symfony. It is required. An error must not quote
	// the session. If it is session.ErrUnreadable, it is ReasonIdentity: the
	// session is at fault. A *[Refusal] has its own reason. Any other error, and
	// a panic, is ReasonUnavailable: what was asked is failing.
	//
	// A check of one's own goes here, such as whether the user is still enabled:
	// a function that calls another one and looks at what it returns. It is
	// called concurrently, with a deadline of 5 s while a client is connected, and
	// for each session in each round: one that asks a database should be quick.
	Identify func(ctx context.Context, s *session.Session) (*Identity, error)

	// Instant makes the firewall listen for changes of sessions, where the store
	// can tell, besides looking at them now and then: see [session.Watcher].
	Instant bool
}

// Authenticate implements [Authenticator].
func (a *SessionAuthenticator) Authenticate(ctx context.Context, r *Request) (*Identity, error) {
	sid, err := a.Cookie.ID(r.Cookie)
	name := cmp.Or(a.Cookie.Name, "PHPSESSID")
	switch {
	case errors.Is(err, session.ErrNoCookie):
		session.Note(ctx, func() string {
			return fmt.Sprintf("there is no cookie %q; those that are there: %s", name, cookieNames(r.Cookie))
		})
		return nil, Refuse(ReasonNoCookie, nil)
	case err != nil:
		session.Note(ctx, func() string { return fmt.Sprintf("the cookie %q cannot hold a session id", name) })
		return nil, Refuse(ReasonCookie, err)
	}
	session.Note(ctx, func() string { return fmt.Sprintf("the cookie %q has the session %s (hashed)", name, hash(sid)) })
	s, err := a.read(ctx, sid)
	id, refusal := a.identity(ctx, sid, s, err)
	if refusal != nil {
		refusal.session = hash(sid)
		return nil, refusal
	}
	return id, nil
}

// identity returns who has signed in with a session, given what reading it
// returned.
func (a *SessionAuthenticator) identity(ctx context.Context, sid string, s *session.Session, err error) (*Identity, *Refusal) {
	switch {
	case errors.Is(err, session.ErrNotFound):
		session.Note(ctx, func() string {
			return "the store has no such session: it has expired, was signed out, or is kept elsewhere or under another prefix"
		})
		return nil, Refuse(ReasonSignedOut, nil)
	case errors.Is(err, session.ErrUnreadable):
		return nil, Refuse(ReasonIdentity, err)
	case err != nil:
		return nil, Refuse(ReasonUnavailable, err)
	case s == nil:
		return nil, Refuse(ReasonUnavailable, errors.New("firewall: the session handler returned neither a session nor an error"))
	}
	id, err := a.identify(ctx, s)
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		copied := *refusal
		return nil, &copied
	}
	if errors.Is(err, session.ErrUnreadable) {
		return nil, Refuse(ReasonIdentity, err)
	}
	if err != nil {
		return nil, Refuse(ReasonUnavailable, err)
	}
	if id == nil {
		return nil, Refuse(ReasonNobody, nil)
	}
	if id.User == "" {
		return nil, Refuse(ReasonIdentity, errors.New("firewall: the session names no user"))
	}
	copied := *id // it may be shared
	copied.source = &source{by: a, session: sid}
	return &copied, nil
}

func (a *SessionAuthenticator) read(ctx context.Context, sid string) (s *session.Session, err error) {
	defer recoverInto(&err, "reading a session")
	return a.Sessions.Read(ctx, sid)
}

func (a *SessionAuthenticator) identify(ctx context.Context, s *session.Session) (id *Identity, err error) {
	defer recoverInto(&err, "identifying the user of a session")
	return a.Identify(ctx, s)
}

// recoverInto makes a panic an error, for one client's session must not end the
// connections of all the others. The panic's text may quote the session.
func recoverInto(err *error, doing string) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("firewall: %s panicked with a %T", doing, v)
	}
}

func (a *SessionAuthenticator) check() error {
	if a == nil || a.Sessions == nil {
		return errors.New("firewall: a SessionAuthenticator has no Sessions: give it what session.Open returns")
	}
	if a.Identify == nil {
		return errors.New("firewall: a SessionAuthenticator has no Identify, which says who the user of a session is: see package symfony and firewall.Keys")
	}
	return nil
}

// cookieNames lists the names of the cookies in a header, for a note.
func cookieNames(header string) string {
	var names []string
	for pair := range strings.SplitSeq(header, ";") {
		name, _, ok := strings.Cut(strings.TrimSpace(pair), "=")
		switch {
		case name == "" || len(names) == 20:
		case ok:
			names = append(names, fmt.Sprintf("%.64q", name))
		default: // maybe an id, by somebody who has forgotten the name
			names = append(names, "something without a name")
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}
