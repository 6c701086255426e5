package delegate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
)

// maxBody bounds an answer, also after it is decompressed.
const maxBody = 64 << 10

// ask sends one request. Its error is a *firewall.Refusal.
func (a *Authenticator) ask(ctx context.Context, header http.Header) (*firewall.Identity, error) {
	request := (&http.Request{Method: http.MethodGet, URL: a.url, Host: a.opts.Host, Header: header}).WithContext(ctx)
	session.Note(ctx, func() string { return fmt.Sprintf("the website is asked at %s%s", a.url.Host, a.url.Path) })
	response, err := a.client.Do(request)
	if err != nil {
		// The error quotes the URL, which may hold a password.
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err
		}
		return nil, unavailable(fmt.Errorf("delegate: the website cannot be asked: %w", err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	session.Note(ctx, func() string {
		return fmt.Sprintf("it answers %d with %d bytes of %.60q", response.StatusCode, len(body), response.Header.Get("Content-Type"))
	})
	switch status := response.StatusCode; status {
	case http.StatusOK:
	case http.StatusNoContent, http.StatusUnauthorized, http.StatusForbidden,
		http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect:
		return nil, firewall.Refuse(firewall.ReasonAnonymous, nil)
	case http.StatusMovedPermanently, http.StatusPermanentRedirect:
		return nil, unavailable(fmt.Errorf("delegate: the website answers %d, it has moved the endpoint for good: give New the address that it redirects to", status))
	default:
		return nil, unavailable(fmt.Errorf("delegate: the website answers %d", status))
	}
	switch {
	case err != nil:
		return nil, unavailable(fmt.Errorf("delegate: reading the website's answer: %w", err))
	case len(body) > maxBody:
		return nil, unavailable(errors.New("delegate: the website's answer has more than 64 KiB"))
	}
	return a.decode(body)
}

func (a *Authenticator) decode(body []byte) (*firewall.Identity, error) {
	id, err := a.opts.Decode(body)
	if refusal, ok := errors.AsType[*firewall.Refusal](err); ok {
		return nil, refusal
	}
	if err != nil {
		return nil, unavailable(err)
	}
	if id == nil {
		return nil, firewall.Refuse(firewall.ReasonAnonymous, nil)
	}
	if id.User == "" {
		return nil, unavailable(errors.New("delegate: Options.Decode returned an identity without a user"))
	}
	return id, nil
}
