// Package delegate asks the website itself who a client is: it sends the
// client's cookie to an endpoint of the website, which answers with JSON.
//
//	{"user": "alice", "roles": ["ROLE_USER"]}
//
// It is the answer for every website whose sessions nothing here can read, and
// the only exact one for the others: the website reloads its user, and runs what
// it has in the way of tokens, second factors and remember-me.
//
// It costs the website a request for each connection. That request prolongs the
// session, and with sessions in files or under locks it waits for the user's
// other requests. So the website is asked once, when a client connects, and not
// again while it is connected: [Options].Lasts bounds how long its answer is
// believed.
//
// # The endpoint
//
// It must not be cached by anything on the way; answer with "Cache-Control:
// no-store". It answers
//
//   - 200 with the user, as [Decode] reads it, or with the user null or "" for a
//     visitor who has not signed in;
//   - 204, 401, 403, or a redirect by 302, 303 or 307, such as to a login form,
//     which is not followed: the visitor has not signed in;
//   - anything else is a failure. Then the client is refused with 503, for whether
//     somebody has signed in is not known.
//
// # Cookies that change
//
// What the website sets in its answer does not reach the browser. A remember-me
// cookie that is renewed each time it is used, as Symfony's are with a
// token_provider, would be used up, and the website would take the browser's next
// request for a thief's. Name the session cookie in [Options].Cookies, and it
// alone is sent.
package delegate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
)

// Options configure [New]. Nil means the defaults.
type Options struct {
	// Cookies are the names of the client's cookies that the website gets. By
	// default it gets all of them.
	Cookies []string

	// Authorization makes the website get the client's Authorization header.
	Authorization bool

	// Header is sent with each request, such as {"X-Forwarded-Proto": {"https"}}
	// for a website that would redirect otherwise. It must not be changed later.
	Header http.Header

	// Host is the name of the website, where the URL is an address behind which
	// there are several. It defaults to that of the URL.
	Host string

	// Decode makes an identity of the body of an answer with 200, and nil if
	// nobody has signed in. It defaults to [Decode]. An error, which must not
	// quote the body, is ReasonUnavailable, unless it is a *firewall.Refusal.
	Decode func(body []byte) (*firewall.Identity, error)

	// Lasts is how long an answer is believed; then the connection ends as if
	// its session had, and the client may come back. It defaults to 15 minutes; a
	// negative one is for as long as the connection lasts. An Expires that Decode
	// sets counts instead.
	Lasts time.Duration

	// Timeout bounds one request to the website, and the wait for its turn. It
	// defaults to 5 s.
	Timeout time.Duration

	// MaxConcurrent bounds how many requests the website gets at once. Clients
	// beyond them wait. It defaults to 64.
	MaxConcurrent int

	// Transport sends the requests. It defaults to one like
	// http.DefaultTransport. Its own is for a unix socket or a certificate.
	Transport http.RoundTripper
}

// An Authenticator asks a website. It may be used concurrently.
type Authenticator struct {
	url    *url.URL
	opts   Options
	client http.Client
	turns  chan struct{}
}

var _ firewall.Authenticator = (*Authenticator)(nil)

// New returns an authenticator that asks the endpoint at address, an absolute
// http or https URL, or an error that says what is wrong with it.
func New(address string, opts *Options) (*Authenticator, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New(`delegate: the address of the endpoint is not of the form "https://www.example.com/whoami"`)
	}
	a := &Authenticator{url: u}
	if opts != nil {
		a.opts = *opts
	}
	if a.opts.Timeout < 0 || a.opts.MaxConcurrent < 0 {
		return nil, errors.New("delegate: Options.Timeout or Options.MaxConcurrent is negative")
	}
	a.opts.Cookies = slices.Clone(a.opts.Cookies)
	a.opts.Lasts = cmp.Or(a.opts.Lasts, 15*time.Minute)
	a.opts.Timeout = cmp.Or(a.opts.Timeout, 5*time.Second)
	a.opts.MaxConcurrent = cmp.Or(a.opts.MaxConcurrent, 64)
	if a.opts.Decode == nil {
		a.opts.Decode = Decode
	}
	a.turns = make(chan struct{}, a.opts.MaxConcurrent)
	a.client = http.Client{
		Transport: a.opts.Transport,
		// A redirect is an answer. Following it would send the cookie elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if a.client.Transport == nil {
		a.client.Transport = newTransport(a.opts.MaxConcurrent)
	}
	return a, nil
}

// newTransport keeps as many connections to the website as may be in use.
func newTransport(connections int) *http.Transport {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true}
	if usual, ok := http.DefaultTransport.(*http.Transport); ok {
		t = usual.Clone()
	}
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost = connections, connections
	t.MaxResponseHeaderBytes = 64 << 10
	return t
}

// Authenticate implements [firewall.Authenticator]. It asks nothing for a client
// that has nothing to show.
func (a *Authenticator) Authenticate(ctx context.Context, r *firewall.Request) (*firewall.Identity, error) {
	header, err := a.header(r)
	if err != nil {
		return nil, firewall.Refuse(firewall.ReasonCookie, err)
	}
	if header == nil {
		session.Note(ctx, func() string { return "the website is not asked, for the client has no cookie that it would get" })
		return nil, firewall.Refuse(firewall.ReasonNoCookie, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, a.opts.Timeout)
	defer cancel()
	select {
	case a.turns <- struct{}{}:
		defer func() { <-a.turns }()
	case <-ctx.Done():
		return nil, unavailable(fmt.Errorf("delegate: no turn among Options.MaxConcurrent came: %w", ctx.Err()))
	}
	id, err := a.ask(ctx, header)
	if err != nil {
		return nil, err
	}
	copied := *id // it may be shared
	if copied.Expires.IsZero() && a.opts.Lasts > 0 {
		copied.Expires = time.Now().Add(a.opts.Lasts)
	}
	return &copied, nil
}

func unavailable(err error) *firewall.Refusal {
	return firewall.Refuse(firewall.ReasonUnavailable, err)
}
