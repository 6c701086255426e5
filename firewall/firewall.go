package firewall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

// A Firewall turns handshakes into identities. The zero value is ready: it lets
// in pages of its own origin, all as anonymous. Its methods may be called
// concurrently.
type Firewall struct {
	opts      Options
	origins   []pattern
	reachable map[string][]string
}

// Options configure [New]. Their slices and maps must not be changed after.
type Options struct {
	// Authenticators are asked in this order who a client is. The first that
	// knows decides. Without any, everybody is anonymous.
	Authenticators []Authenticator

	// RefuseAnonymous refuses clients for whom nobody has signed in. By default
	// they are let in and named.
	RefuseAnonymous bool

	// AnyRole, if there are any, refuses users who have none of these roles, and
	// anonymous clients.
	AnyRole []string

	// RoleHierarchy says which roles include which others, as Symfony's
	// security.role_hierarchy does; a session holds only the user's own.
	RoleHierarchy map[string][]string

	// Origins are the pages, besides those of the server's own origin, that may
	// open a socket: "https://example.com", "https://*.example.com" for all of
	// its subdomains, with a port if it is not the scheme's own; or "*" for all
	// pages of the world, which lets any of them act for your users. A client
	// that sends no origin is no browser, and is not held back by this.
	//
	// Behind a proxy that ends TLS the server itself cannot know that its pages
	// are https: name the proxy in TrustedProxies, or the pages here.
	Origins []string

	// Deny are the addresses that may not connect.
	Deny []netip.Prefix

	// TrustedProxies are the addresses whose X-Forwarded-For, -Proto and -Host
	// say who the client is, and what it asked for. A proxy must set them, or
	// append to them; what it passes on unseen, the client has written.
	TrustedProxies []netip.Prefix

	// Gone is what becomes of a connection whose session has ended. By default it
	// is closed.
	Gone Policy

	// Grace is how long clients are kept whose sessions cannot be read again,
	// because their store is failing. After it they are treated as if their
	// session had ended. It defaults to 10 minutes; a negative one is for ever.
	Grace time.Duration

	// Authenticated, if set, is called for each client that is let in, maybe
	// concurrently. It must not change the request or the identity. A panic is
	// logged.
	Authenticated func(*Request, *Identity)

	// Refused, if set, is called in the same way for each client that is not.
	Refused func(*Request, *Refusal)

	// Logger gets a line for each refusal, and for each client that is anonymous
	// although it has a session that says otherwise. It defaults to
	// slog.Default().
	Logger *slog.Logger
}

// New returns a firewall, or an error that says what is wrong with opts. Nil
// means the zero value.
func New(opts *Options) (*Firewall, error) {
	f := &Firewall{}
	if opts != nil {
		f.opts = *opts
	}
	for i, a := range f.opts.Authenticators {
		if a == nil {
			return nil, fmt.Errorf("firewall: Options.Authenticators[%d] is nil", i)
		}
		if c, ok := a.(interface{ check() error }); ok {
			if err := c.check(); err != nil {
				return nil, err
			}
		}
	}
	for _, o := range f.opts.Origins {
		p, err := parsePattern(o)
		if err != nil {
			return nil, err
		}
		f.origins = append(f.origins, p)
	}
	for _, p := range slices.Concat(f.opts.Deny, f.opts.TrustedProxies) {
		if !p.IsValid() || p.Addr().Is4In6() {
			return nil, fmt.Errorf("firewall: Options.Deny or Options.TrustedProxies has %s, which matches no address: write 203.0.113.0/24 or 2001:db8::/32", p)
		}
	}
	if f.opts.Gone < CloseGone || f.opts.Gone > IgnoreGone {
		return nil, fmt.Errorf("firewall: there is no policy %d for Options.Gone", f.opts.Gone)
	}
	var err error
	f.reachable, err = reachable(f.opts.RoleHierarchy)
	return f, err
}

// Immediate reports whether Authenticate waits for nobody, because it asks nobody:
// there are no authenticators and no hooks.
func (f *Firewall) Immediate() bool {
	return len(f.opts.Authenticators) == 0 && f.opts.Authenticated == nil && f.opts.Refused == nil
}

// Authenticate says who sends r, or returns a *[Refusal].
func (f *Firewall) Authenticate(ctx context.Context, r *Request) (*Identity, error) {
	id, why := f.authenticate(ctx, r)
	if id == nil {
		f.log(r, "firewall: refused a client", why, "status", why.Status())
		if f.opts.Refused != nil {
			f.call(func() { f.opts.Refused(r, why) })
		}
		return nil, why
	}
	if why != nil && !why.Reason.passes() {
		f.log(r, "firewall: a client with a session is anonymous", why)
	}
	if f.opts.Authenticated != nil {
		f.call(func() { f.opts.Authenticated(r, id) })
	}
	return id, nil
}

// authenticate returns an identity, and why if it is anonymous, or why there is
// none.
func (f *Firewall) authenticate(ctx context.Context, r *Request) (*Identity, *Refusal) {
	from := f.see(r)
	if f.denied(from.addr) {
		return nil, Refuse(ReasonAddress, nil)
	}
	if !f.originAllowed(r.Origin, from) {
		return nil, Refuse(ReasonOrigin, fmt.Errorf("firewall: pages of %.100q may not connect to %s://%.100s: add the origin to Options.Origins if it is yours", r.Origin, from.scheme, from.host))
	}
	session.Note(ctx, func() string { return fmt.Sprintf("the page's origin, %.100q, may connect", r.Origin) })
	id, why := f.ask(ctx, r)
	switch {
	case why == nil:
		return f.admit(id)
	case why.Reason.anonymous():
		return f.anonymous(why), why
	default:
		return nil, why
	}
}

// ask asks the authenticators. If none knows the client, it returns why not.
func (f *Firewall) ask(ctx context.Context, r *Request) (*Identity, *Refusal) {
	why := Refuse(ReasonAnonymous, nil)
	for i, a := range f.opts.Authenticators {
		session.Note(ctx, func() string {
			return fmt.Sprintf("authenticator %d of %d is asked, a %T", i+1, len(f.opts.Authenticators), a)
		})
		id, err := f.askOne(ctx, a, r)
		if id != nil && err == nil {
			session.Note(ctx, func() string { return fmt.Sprintf("it is the user %.100q", id.User) })
			return id, nil
		}
		refusal := Refuse(ReasonAnonymous, nil)
		if err != nil {
			var ok bool
			if refusal, ok = errors.AsType[*Refusal](err); !ok {
				refusal = Refuse(ReasonUnavailable, err)
			}
		}
		session.Note(ctx, func() string { return fmt.Sprintf("it says: %s", noteOf(refusal)) })
		if !refusal.Reason.passes() {
			return nil, refusal
		}
		// The most telling of several: a session without a user says more than
		// that there is no cookie for some other authenticator.
		if why.Reason == ReasonAnonymous || why.Reason == ReasonNoCookie {
			why = refusal
		}
	}
	return nil, why
}

func (f *Firewall) askOne(ctx context.Context, a Authenticator, r *Request) (id *Identity, err error) {
	defer recoverInto(&err, "an authenticator")
	id, err = a.Authenticate(ctx, r)
	if err == nil && id != nil && id.User == "" {
		return nil, errors.New("firewall: an authenticator returned an identity without a user")
	}
	return id, err
}

// admit adds to an authenticator's identity what the firewall knows, and returns
// it if such a user may come in.
func (f *Firewall) admit(id *Identity) (*Identity, *Refusal) {
	if f.expired(id) {
		return nil, Refuse(ReasonExpired, nil)
	}
	own := *id // the authenticator's may be shared
	own.Roles = f.withReachable(id.Roles)
	if !f.allowed(&own) {
		return nil, Refuse(ReasonRole, fmt.Errorf("firewall: the user has none of the roles %q", f.opts.AnyRole))
	}
	return &own, nil
}

// anonymous returns an anonymous identity, or nil if nobody may be anonymous.
func (f *Firewall) anonymous(why *Refusal) *Identity {
	if f.opts.RefuseAnonymous || len(f.opts.AnyRole) > 0 {
		return nil
	}
	return newAnonymous(why.Reason)
}

// call calls a hook, whose panics must not end the process.
func (f *Firewall) call(hook func()) {
	var err error
	func() {
		defer recoverInto(&err, "a hook")
		hook()
	}()
	if err != nil {
		cmp.Or(f.opts.Logger, slog.Default()).Error("firewall: a hook failed", "err", err)
	}
}

func (f *Firewall) log(r *Request, message string, why *Refusal, more ...any) {
	cmp.Or(f.opts.Logger, slog.Default()).Info(message, append(more,
		"reason", string(why.Reason), "remote", f.see(r).addr, "session", why.session, "err", why.Unwrap())...)
}
