package firewall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/rollcall-go/rollcall/session"
)

// A Firewall turns handshakes into identities. The zero value is ready: it lets
// in pages of its own origin, all as anonymous. Its methods may be called
// concurrently.
type Firewall struct {
	opts    Options
	origins []pattern
}

// Options configure [New].
type Options struct {
	// Sessions reads the website's sessions. Without it everybody is anonymous.
	Sessions session.Handler

	// Cookie is the website's session cookie. It must have a name if there are
	// Sessions.
	Cookie session.Cookie

	// Identify says who has signed in with a session, or returns nil if nobody
	// has. It is required if there are Sessions; see [Keys]. An error refuses the
	// client; it must not quote the session.
	Identify func(*session.Session) (*Identity, error)

	// RefuseAnonymous refuses clients that nobody signed in behind. By default
	// they are let in and named.
	RefuseAnonymous bool

	// Origins are the pages, besides those of the server's own origin, that may
	// open a socket: "https://example.com", "https://*.example.com" for all of
	// its subdomains, with a port if it is not the scheme's own; or "*" for all
	// pages of the world, which lets any of them act for your users. A client
	// that sends no origin is no browser, and is not held back by this.
	//
	// Behind a proxy that ends TLS the server itself cannot know that its pages
	// are https: name them here.
	Origins []string

	// Logger gets a line for each refusal. It defaults to slog.Default().
	Logger *slog.Logger
}

// New returns a firewall, or an error that says what is wrong with opts. Nil
// means the zero value.
func New(opts *Options) (*Firewall, error) {
	f := &Firewall{}
	if opts != nil {
		f.opts = *opts
	}
	if f.opts.Sessions != nil && f.opts.Cookie.Name == "" {
		return nil, errors.New("firewall: Options.Sessions is set, but the session cookie has no name: set Options.Cookie")
	}
	if f.opts.Sessions != nil && f.opts.Identify == nil {
		return nil, errors.New("firewall: Options.Sessions is set, but not Options.Identify, which says who the user of a session is")
	}
	for _, o := range f.opts.Origins {
		p, err := parsePattern(o)
		if err != nil {
			return nil, err
		}
		f.origins = append(f.origins, p)
	}
	return f, nil
}

// Authenticate says who sends r, or returns a *[Refusal].
func (f *Firewall) Authenticate(ctx context.Context, r *Request) (*Identity, error) {
	id, refusal := f.authenticate(ctx, r)
	if refusal != nil {
		f.log(r, refusal)
		return nil, refusal
	}
	return id, nil
}

func (f *Firewall) authenticate(ctx context.Context, r *Request) (*Identity, *Refusal) {
	if !f.originAllowed(r) {
		return nil, refuse(ReasonOrigin, fmt.Errorf("firewall: pages of %.100q may not connect to %.100q: add the origin to Options.Origins if it is yours", r.Origin, r.Host))
	}
	if f.opts.Sessions == nil {
		return f.anonymous()
	}
	sid, err := f.opts.Cookie.ID(r.Cookie)
	switch {
	case errors.Is(err, session.ErrNoCookie):
		return f.anonymous()
	case err != nil:
		return nil, refuse(ReasonCookie, err)
	}
	id, refusal := f.bySession(ctx, sid)
	if refusal != nil && refusal.Reason == ReasonSignedOut {
		return f.anonymous() // a cookie may outlive its session
	}
	return id, refusal
}

// Recheck reads the session behind id again. It returns id itself while the
// session still says the same; another identity if the user's roles have
// changed; or a *[Refusal], whose reason is ReasonSignedOut if the session is
// gone or nobody is signed in any more, ReasonUserChanged if it is another user's
// by now, and ReasonIdentity if it can no longer be understood. With ReasonStore
// nothing is known. An identity without a session does not change.
func (f *Firewall) Recheck(ctx context.Context, id *Identity) (*Identity, error) {
	if id.session == "" {
		return id, nil
	}
	now, refusal := f.bySession(ctx, id.session)
	switch {
	case refusal != nil:
		return nil, refusal
	case now.User != id.User:
		return nil, refuse(ReasonUserChanged, nil)
	case now.equal(id):
		return id, nil
	}
	return now, nil
}

// bySession returns who has signed in with a session. Nobody is ReasonSignedOut.
func (f *Firewall) bySession(ctx context.Context, sid string) (*Identity, *Refusal) {
	s, err := f.read(ctx, sid)
	if errors.Is(err, session.ErrNotFound) {
		return nil, refuse(ReasonSignedOut, err)
	}
	if err != nil {
		return nil, refuse(ReasonStore, err)
	}
	found, err := f.identify(s)
	if err != nil {
		return nil, refuse(ReasonIdentity, err)
	}
	if found == nil {
		return nil, refuse(ReasonSignedOut, nil)
	}
	id := *found
	if id.User == "" {
		return nil, refuse(ReasonIdentity, errors.New("firewall: the session names no user"))
	}
	id.session = sid
	return &id, nil
}

func (f *Firewall) read(ctx context.Context, sid string) (s *session.Session, err error) {
	defer recoverInto(&err, "reading a session")
	return f.opts.Sessions.Read(ctx, sid)
}

func (f *Firewall) identify(s *session.Session) (id *Identity, err error) {
	defer recoverInto(&err, "identifying the user of a session")
	return f.opts.Identify(s)
}

// recoverInto makes a panic an error, for one client's session must not end the
// connections of all the others. The panic's text may quote the session.
func recoverInto(err *error, doing string) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("firewall: %s panicked with a %T", doing, v)
	}
}

func (f *Firewall) anonymous() (*Identity, *Refusal) {
	if f.opts.RefuseAnonymous {
		return nil, refuse(ReasonAnonymous, nil)
	}
	return newAnonymous(), nil
}

func (f *Firewall) log(r *Request, refusal *Refusal) {
	logger := cmp.Or(f.opts.Logger, slog.Default())
	logger.Info("firewall: refused a client",
		"reason", string(refusal.Reason), "status", refusal.Status(), "remote", r.RemoteAddr, "err", refusal.Unwrap())
}
