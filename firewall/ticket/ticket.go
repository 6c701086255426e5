// Package ticket lets in who brings a signed ticket: a JSON Web Token (RFC 7519).
// It is for websites that do not share their sessions with this server, because
// they are on another host, or are made with something that nobody else reads.
//
// The website signs a ticket for its user when a page asks for one, and the page
// opens the socket with it:
//
//	new WebSocket("wss://live.example.com/?ticket=" + ticket)
//
// [New] takes what the website signs with. Which algorithms count is for the
// configuration to say, never for the ticket (RFC 8725, section 3.1).
//
// A ticket that is presented but not good is refused, and makes nobody
// anonymous: ReasonExpired if only its time has passed, else ReasonCredentials.
// Who presents none is for the next authenticator.
//
// # Replay
//
// Whoever reads a ticket can use it until it expires, and the address of a
// request is written to logs. So give tickets a minute, sign them when a page
// asks, and set [Options].Lasts to what a connection may last. A ticket that
// counts once needs a memory that all servers share: see [Options].Check.
package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
)

// Options configure [New]. Algorithms, Audience, and either Keys or Keyfunc are
// required.
type Options struct {
	// Algorithms are those that tickets may be signed with, such as "HS256",
	// "RS256", "ES256" or "EdDSA".
	Algorithms []string

	// Keys are those that tickets are signed with: []byte for HS256 and its
	// like, of no fewer bytes than the hash, *rsa.PublicKey, *ecdsa.PublicKey and
	// ed25519.PublicKey for the others. There may be several while one is being
	// replaced.
	Keys []any

	// Keyfunc finds the key of a ticket where Keys do not do, such as in a JSON
	// Web Key Set. It is called before anything of the ticket is known to be
	// true. An error is ReasonCredentials, unless it is a *firewall.Refusal.
	Keyfunc jwt.Keyfunc

	// Audience is what a ticket's claim aud must contain, so that a token that
	// the website signs for something else is no ticket.
	Audience string
	// AnyAudience does without. Nothing else must be signed with these keys.
	AnyAudience bool

	// Issuer is what the claim iss must be, if it is not empty.
	Issuer string

	// Query is the name of the query parameter with the ticket. It defaults to
	// "ticket"; "-" means none.
	Query string
	// Cookie is the name of the cookie with the ticket. By default there is none.
	// The header "Authorization: Bearer" counts always.
	Cookie string

	// User leads to the claim with the user, a string or an integer. It defaults
	// to firewall.Path{"sub"}.
	User firewall.Path
	// Roles leads to the claim with the roles, a list of strings or nothing. It
	// defaults to firewall.Path{"roles"}.
	Roles firewall.Path

	// Leeway is how far the clocks of the website and of this server may differ.
	// It defaults to 5 s; a negative one is 0.
	Leeway time.Duration

	// MaxAge, if positive, refuses tickets that were signed longer ago, by their
	// claim iat, which is required then.
	MaxAge time.Duration

	// Lasts is how long who has connected stays signed in. By default that is
	// until the ticket expires; the page then comes back with another one.
	Lasts time.Duration

	// Check, if set, is shown the claims of a good ticket. It may add to the
	// identity, or refuse with a *firewall.Refusal: a ticket whose claim jti was
	// seen before, or a user who is not allowed any more. Any other error is
	// ReasonUnavailable. Numbers in the claims are json.Number.
	Check func(ctx context.Context, claims jwt.MapClaims, id *firewall.Identity) error
}

// An Authenticator lets in who brings a ticket. It may be used concurrently.
type Authenticator struct {
	opts   Options
	parser *jwt.Parser
	key    jwt.Keyfunc
}

var _ firewall.Authenticator = (*Authenticator)(nil)

// New returns an authenticator, or an error that says what is wrong with opts.
func New(opts *Options) (*Authenticator, error) {
	if opts == nil {
		opts = &Options{}
	}
	a := &Authenticator{opts: *opts, key: opts.Keyfunc}
	if a.opts.Audience == "" && !a.opts.AnyAudience {
		return nil, errors.New("ticket: Options.Audience is empty: a token for anything else would do as a ticket; set AnyAudience if the keys sign nothing else")
	}
	if a.opts.MaxAge < 0 || a.opts.Lasts < 0 {
		return nil, errors.New("ticket: Options.MaxAge or Options.Lasts is negative")
	}
	keys, err := checkKeys(&a.opts)
	if err != nil {
		return nil, err
	}
	if a.key == nil {
		a.key = keys.find
	}
	a.opts.Query = cmp.Or(a.opts.Query, "ticket")
	a.opts.Leeway = max(cmp.Or(a.opts.Leeway, 5*time.Second), 0)
	if a.opts.User == nil {
		a.opts.User = firewall.Path{"sub"}
	}
	if a.opts.Roles == nil {
		a.opts.Roles = firewall.Path{"roles"}
	}
	a.parser = a.newParser()
	return a, nil
}

func (a *Authenticator) newParser() *jwt.Parser {
	options := []jwt.ParserOption{
		jwt.WithValidMethods(append([]string{}, a.opts.Algorithms...)),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(a.opts.Leeway),
		jwt.WithStrictDecoding(),
		jwt.WithJSONNumber(), // a float64 would round user ids above 2^53
	}
	if a.opts.Issuer != "" {
		options = append(options, jwt.WithIssuer(a.opts.Issuer))
	}
	if !a.opts.AnyAudience {
		options = append(options, jwt.WithAudience(a.opts.Audience))
	}
	return jwt.NewParser(options...)
}

// Authenticate implements [firewall.Authenticator].
func (a *Authenticator) Authenticate(ctx context.Context, r *firewall.Request) (*firewall.Identity, error) {
	ticket, err := a.find(ctx, r)
	if err != nil {
		return nil, firewall.Refuse(firewall.ReasonCredentials, err)
	}
	if ticket == "" {
		return nil, firewall.Refuse(firewall.ReasonAnonymous, nil)
	}
	claims, err := a.verify(ticket)
	if err != nil {
		return nil, err
	}
	id, err := a.identity(claims)
	if err != nil {
		return nil, firewall.Refuse(firewall.ReasonCredentials, err)
	}
	session.Note(ctx, func() string { return fmt.Sprintf("the ticket is good, and expires at %s", id.Expires) })
	if a.opts.Check != nil {
		if err := a.opts.Check(ctx, claims, id); err != nil {
			return nil, err
		}
	}
	return id, nil
}
