package ticket_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/ticket"
)

func TestWhere(t *testing.T) {
	good := sign(t, "HS256", secret, claims())
	const ok, none, bad = firewall.Reason(""), firewall.ReasonAnonymous, firewall.ReasonCredentials
	for _, test := range []struct {
		name string
		r    firewall.Request
		want firewall.Reason
	}{
		{"nothing", firewall.Request{URI: "/ws"}, none},
		{"header", firewall.Request{URI: "/ws", Authorization: "Bearer " + good}, ok},
		{"header in small letters", firewall.Request{Authorization: "bearer " + good}, ok},
		{"header with spaces", firewall.Request{Authorization: "Bearer   " + good + " "}, ok},
		{"header of another scheme", firewall.Request{Authorization: "Basic YWxpY2U6cHc="}, none},
		{"header of a longer scheme", firewall.Request{Authorization: "Bearers " + good}, none},
		{"header without a token", firewall.Request{Authorization: "Bearer"}, none},
		{"header with an empty token", firewall.Request{Authorization: "Bearer "}, none},
		{"two headers", firewall.Request{Authorization: "Bearer " + good + ", Bearer " + good}, bad},
		{"two headers, the first forged", firewall.Request{Authorization: "Bearer x.y.z, Bearer " + good}, bad},
		{"two headers of two schemes", firewall.Request{Authorization: "Basic YWxpY2U6cHc=, Bearer " + good}, ok},
		{"header with two words", firewall.Request{Authorization: "Bearer " + good + " x"}, bad},
		{"query", firewall.Request{URI: "/ws?ticket=" + good}, ok},
		{"query among others", firewall.Request{URI: "/ws?a=1&ticket=" + good + "&b=2"}, ok},
		{"query escaped", firewall.Request{URI: "/ws?tick%65t=" + strings.ReplaceAll(good, ".", "%2E")}, ok},
		{"query empty", firewall.Request{URI: "/ws?ticket="}, none},
		{"query without a value", firewall.Request{URI: "/ws?ticket"}, none},
		{"query badly escaped", firewall.Request{URI: "/ws?ticket=%zz"}, bad},
		{"query with a bad neighbour", firewall.Request{URI: "/ws?%zz=1&ticket=" + good}, ok},
		{"query twice", firewall.Request{URI: "/ws?ticket=" + good + "&ticket=" + good}, bad},
		{"query twice, once forged", firewall.Request{URI: "/ws?ticket=x&ticket=" + good}, bad},
		{"query twice, once empty", firewall.Request{URI: "/ws?ticket=&ticket=" + good}, ok},
		{"query of another name", firewall.Request{URI: "/ws?Ticket=" + good}, none},
		{"path", firewall.Request{URI: "/ticket=" + good}, none},
		{"cookie", firewall.Request{Cookie: "a=b; jwt=" + good}, ok},
		{"cookie empty", firewall.Request{Cookie: "jwt="}, none},
		{"cookie of another name", firewall.Request{Cookie: "ticket=" + good}, none},
		{"cookie forged", firewall.Request{Cookie: "jwt=" + good + "x"}, bad},
		{"cookie twice", firewall.Request{Cookie: "jwt=x; jwt=" + good}, bad},
		{"cookie far too long", firewall.Request{Cookie: "jwt=" + strings.Repeat("a", 30<<10)}, bad},
		{"header and query", firewall.Request{URI: "/?ticket=" + good, Authorization: "Bearer " + good}, bad},
		{"query and cookie", firewall.Request{URI: "/?ticket=" + good, Cookie: "jwt=" + good}, bad},
		{"no URI", firewall.Request{URI: "?ticket=" + good}, ok},
		{"too long", firewall.Request{URI: "/?ticket=" + strings.Repeat("a", 8<<10+1)}, bad},
	} {
		if _, got := send(t, open(t, ticket.Options{Cookie: "jwt"}), &test.r); got != test.want {
			t.Errorf("%s: %q; want %q", test.name, got, test.want)
		}
	}
}

func TestNames(t *testing.T) {
	good := sign(t, "HS256", secret, claims())
	const ok, none = firewall.Reason(""), firewall.ReasonAnonymous
	for name, test := range map[string]struct {
		opts ticket.Options
		r    firewall.Request
		want firewall.Reason
	}{
		"renamed":          {ticket.Options{Query: "t"}, firewall.Request{URI: "/?t=" + good}, ok},
		"the default then": {ticket.Options{Query: "t"}, firewall.Request{URI: "/?ticket=" + good}, none},
		"none":             {ticket.Options{Query: "-"}, firewall.Request{URI: "/?ticket=" + good}, none},
		"none, literally":  {ticket.Options{Query: "-"}, firewall.Request{URI: "/?-=" + good}, none},
		"PHP's cookie":     {ticket.Options{}, firewall.Request{Cookie: "PHPSESSID=" + good}, none},
		"no cookie":        {ticket.Options{}, firewall.Request{Cookie: "ticket=" + good + "; =" + good}, none},
	} {
		if _, got := send(t, open(t, test.opts), &test.r); got != test.want {
			t.Errorf("%s: %q; want %q", name, got, test.want)
		}
	}
}

// A firewall with tickets over net/http: a forged ticket is 401 also where
// anonymous clients are welcome, and two headers are seen as two.
func TestFirewall(t *testing.T) {
	fw, err := firewall.New(&firewall.Options{Authenticators: []firewall.Authenticator{open(t, ticket.Options{})}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := fw.Authenticate(r.Context(), firewall.FromHTTP(r))
		if err != nil {
			w.WriteHeader(err.(*firewall.Refusal).Status())
			return
		}
		if !id.Anonymous {
			w.Header().Set("User", id.User)
		}
	}))
	defer server.Close()
	good := sign(t, "HS256", secret, claims())
	for _, test := range []struct {
		query   string
		headers []string
		status  int
		user    string
	}{
		{"", nil, 200, ""},
		{"?ticket=" + good, nil, 200, "alice"},
		{"", []string{"Bearer " + good}, 200, "alice"},
		{"", []string{"Bearer " + good, "Bearer " + good}, 401, ""},
		{"?ticket=" + url.QueryEscape(good+"x"), nil, 401, ""},
		{"?ticket=" + sign(t, "HS256", secret, claims("exp", 1)), nil, 401, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/"+test.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header["Authorization"] = test.headers
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.status || response.Header.Get("User") != test.user {
			t.Errorf("%.30q %d headers: %s, %q; want %d, %q", test.query, len(test.headers), response.Status, response.Header.Get("User"), test.status, test.user)
		}
	}
}
