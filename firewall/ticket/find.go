package ticket

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
)

// maxLen bounds a ticket before anything of it is decoded.
const maxLen = 8 << 10

var (
	errSeveral = errors.New("ticket: there is more than one ticket")
	errTooLong = errors.New("ticket: the ticket has more than 8 KiB")
	errEscaped = errors.New("ticket: the query parameter with the ticket is malformed")
	errCookie  = errors.New("ticket: the cookie with the ticket is malformed")
)

// find returns the ticket of a request, or "" if there is none. An empty one is
// none, for that is what a page sends whose visitor has not signed in. Of several
// none counts (RFC 6750, section 2): somebody else may look at another one.
func (a *Authenticator) find(ctx context.Context, r *firewall.Request) (ticket string, err error) {
	add := func(found, where string) {
		switch {
		case found == "":
		case ticket != "":
			err = errSeveral
		default:
			ticket = found
			session.Note(ctx, func() string { return "there is a ticket in " + where })
		}
	}
	for _, token := range bearers(r.Authorization) {
		add(token, "the header Authorization")
	}
	values, queryErr := a.inQuery(r.URI)
	for _, value := range values {
		add(value, fmt.Sprintf("the query parameter %q", a.opts.Query))
	}
	value, cookieErr := a.inCookie(r.Cookie)
	add(value, fmt.Sprintf("the cookie %q", a.opts.Cookie))
	switch {
	case err != nil:
		return "", err
	case queryErr != nil:
		return "", queryErr
	case cookieErr != nil:
		return "", cookieErr
	case len(ticket) > maxLen:
		return "", errTooLong
	}
	return ticket, nil
}

// bearers returns the tokens in an Authorization header, which is a list with
// commas if there were several headers. A token has no comma (RFC 6750, section
// 2.1).
func bearers(header string) (tokens []string) {
	for credentials := range strings.SplitSeq(header, ",") {
		scheme, token, _ := strings.Cut(strings.TrimSpace(credentials), " ")
		if strings.EqualFold(scheme, "Bearer") {
			tokens = append(tokens, strings.TrimSpace(token))
		}
	}
	return tokens
}

// inQuery returns the values of the query parameter. Unlike url.ParseQuery it
// does not leave out what it cannot decode: a broken ticket is not no ticket.
func (a *Authenticator) inQuery(uri string) (values []string, err error) {
	_, query, _ := strings.Cut(uri, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != a.opts.Query || name == "-" {
			continue
		}
		value, err := url.QueryUnescape(value)
		if err != nil {
			return nil, errEscaped
		}
		values = append(values, value)
	}
	return values, nil
}

// inCookie returns the value of the cookie, or "" if there is none.
func (a *Authenticator) inCookie(header string) (string, error) {
	if a.opts.Cookie == "" {
		return "", nil
	}
	cookie := session.Cookie{Name: a.opts.Cookie, MaxLen: maxLen, Decode: func(value string) (string, error) {
		return value, nil
	}}
	value, err := cookie.ID(header)
	if err != nil && !errors.Is(err, session.ErrNoCookie) {
		return "", errCookie
	}
	return value, nil
}
