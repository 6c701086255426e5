package delegate_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/delegate"
)

// The website gets what it is meant to get and nothing else.
func TestHeaders(t *testing.T) {
	var got *http.Request
	url := website(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		io.WriteString(w, `{"user":"alice"}`)
	})
	request := firewall.Request{
		URI: "/ws?x=1", Host: "live.example.com", Origin: "https://www.example.com", Cookie: "a=1; PHPSESSID=s; b=\"2\";; PHPSESSID2=x ",
		Authorization: "Bearer t", RemoteAddr: "192.0.2.7:1234", ForwardedFor: "203.0.113.9, 198.51.100.1", ForwardedHost: "evil.example",
	}
	fixed := http.Header{"X-Forwarded-Proto": {"https"}, "Cookie": {"x=y"}, "Accept": {"application/x"}}
	for name, test := range map[string]struct {
		opts   *delegate.Options
		change func(*firewall.Request)
		header string
		want   string
	}{
		"all cookies":          {nil, nil, "Cookie", "a=1; PHPSESSID=s; b=\"2\";; PHPSESSID2=x"},
		"one cookie":           {&delegate.Options{Cookies: []string{"PHPSESSID"}}, nil, "Cookie", "PHPSESSID=s"},
		"two cookies":          {&delegate.Options{Cookies: []string{"b", "PHPSESSID"}}, nil, "Cookie", "PHPSESSID=s; b=\"2\""},
		"no authorization":     {nil, nil, "Authorization", ""},
		"authorization":        {&delegate.Options{Authorization: true}, nil, "Authorization", "Bearer t"},
		"address":              {nil, nil, "X-Forwarded-For", "203.0.113.9, 198.51.100.1, 192.0.2.7"},
		"address without":      {nil, func(r *firewall.Request) { r.ForwardedFor = "" }, "X-Forwarded-For", "192.0.2.7"},
		"address after a long": {nil, func(r *firewall.Request) { r.ForwardedFor = strings.Repeat("1", 2000) }, "X-Forwarded-For", "192.0.2.7"},
		"address after a bad":  {nil, func(r *firewall.Request) { r.ForwardedFor = "1\r\nX: y" }, "X-Forwarded-For", "192.0.2.7"},
		"no address":           {nil, func(r *firewall.Request) { r.RemoteAddr = "" }, "X-Forwarded-For", ""},
		"IPv6 address":         {nil, func(r *firewall.Request) { r.RemoteAddr = "[2001:db8::1]:5"; r.ForwardedFor = "" }, "X-Forwarded-For", "2001:db8::1"},
		"accept":               {nil, nil, "Accept", "application/json"},
		"other accept":         {&delegate.Options{Header: fixed}, nil, "Accept", "application/x"},
		"no cache":             {nil, nil, "Cache-Control", "no-cache"},
		"fixed":                {&delegate.Options{Header: fixed}, nil, "X-Forwarded-Proto", "https"},
		"fixed cookie":         {&delegate.Options{Header: fixed}, nil, "Cookie", "a=1; PHPSESSID=s; b=\"2\";; PHPSESSID2=x"},
		"no host of a proxy":   {nil, nil, "X-Forwarded-Host", ""},
		"no origin":            {nil, nil, "Origin", ""},
	} {
		r := request
		if test.change != nil {
			test.change(&r)
		}
		if id, err := open(t, url, test.opts).Authenticate(t.Context(), &r); err != nil || id.User != "alice" {
			t.Errorf("%s: %v, %v", name, id, err)
			continue
		}
		if value := strings.Join(got.Header.Values(test.header), " | "); value != test.want {
			t.Errorf("%s: %s: %q; want %q", name, test.header, value, test.want)
		}
		if got.Method != "GET" || got.RequestURI != "/whoami" || got.Host == request.Host {
			t.Errorf("%s: %s %s of %s", name, got.Method, got.RequestURI, got.Host)
		}
	}
	if len(fixed) != 3 || fixed.Get("Cookie") != "x=y" {
		t.Errorf("Options.Header is changed: %v", fixed)
	}
	if _, err := open(t, url, &delegate.Options{Host: "www.example.com"}).Authenticate(t.Context(), &request); err != nil || got.Host != "www.example.com" {
		t.Errorf("Options.Host: %q, %v", got.Host, err)
	}
}

// A client with nothing to show costs the website nothing.
func TestNothingToShow(t *testing.T) {
	url := website(t, func(http.ResponseWriter, *http.Request) { t.Error("the website was asked") })
	for name, test := range map[string]struct {
		opts *delegate.Options
		r    firewall.Request
		want firewall.Reason
	}{
		"nothing":              {nil, firewall.Request{}, firewall.ReasonNoCookie},
		"separators":           {nil, firewall.Request{Cookie: " ; ;"}, firewall.ReasonNoCookie},
		"other cookies":        {&delegate.Options{Cookies: []string{"s"}}, firewall.Request{Cookie: "a=s; s2=1; s"}, firewall.ReasonNoCookie},
		"authorization":        {nil, firewall.Request{Authorization: "Bearer x"}, firewall.ReasonNoCookie},
		"a control character":  {nil, firewall.Request{Cookie: "a=b\r\nX: y"}, firewall.ReasonCookie},
		"NUL":                  {nil, firewall.Request{Cookie: "a=b\x00"}, firewall.ReasonCookie},
		"one in authorization": {&delegate.Options{Authorization: true}, firewall.Request{Authorization: "a\nb"}, firewall.ReasonCookie},
	} {
		_, err := open(t, url, test.opts).Authenticate(t.Context(), &test.r)
		if refusal, ok := errors.AsType[*firewall.Refusal](err); !ok || refusal.Reason != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
