package delegate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/delegate"
	"github.com/rollcall-go/rollcall/internal/leakcheck"
)

func TestMain(m *testing.M) { leakcheck.Main(m) }

// website answers every request with handler.
func website(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL + "/whoami"
}

func open(t testing.TB, address string, opts *delegate.Options) *delegate.Authenticator {
	t.Helper()
	a, err := delegate.New(address, opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// ask returns who has the cookie, or the reason why nobody.
func ask(t testing.TB, a *delegate.Authenticator, cookie string) (*firewall.Identity, firewall.Reason) {
	t.Helper()
	id, err := a.Authenticate(t.Context(), &firewall.Request{Cookie: cookie, RemoteAddr: "192.0.2.7:1234"})
	if err == nil {
		return id, ""
	}
	refusal, ok := errors.AsType[*firewall.Refusal](err)
	if !ok || id != nil {
		t.Fatalf("%v, %v", id, err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Fatalf("the error quotes a secret: %v", err)
	}
	return nil, refusal.Reason
}

const sid = "PHPSESSID=secret0123456789"

func TestAnswers(t *testing.T) {
	const none, down = firewall.ReasonAnonymous, firewall.ReasonUnavailable
	for _, test := range []struct {
		status int
		body   string
		want   firewall.Reason
	}{
		{200, `{"user":"alice"}`, ""},
		{200, `{"user":42}`, ""},
		{200, `{"user":null}`, none},
		{200, `{"user":""}`, none},
		{200, "null\n", none},
		{200, `{}`, down},
		{200, `{"error":"secret"}`, down},
		{200, ``, down},
		{200, `<!doctype html><title>secret</title>`, down},
		{200, `["alice"]`, down},
		{200, `"alice"`, down},
		{200, `{"user":"alice"} {"user":"bob"}`, down},
		{200, `{"user":"alice"`, down},
		{200, `{"user":1.5}`, down},
		{200, `{"user":true}`, down},
		{200, `{"user":{"id":1}}`, down},
		{200, `{"user":["alice"]}`, down},
		{200, `{"user":"alice","roles":"secret"}`, down},
		{200, `{"user":"alice","roles":[1]}`, down},
		{200, `{"user":"alice","remembered":"secret"}`, down},
		{200, `{"user":"alice","pad":"` + strings.Repeat("a", 60<<10) + `"}`, ""},
		{200, `{"user":"alice","pad":"` + strings.Repeat("a", 64<<10) + `"}`, down},
		{200, `{"user":"alice"}` + strings.Repeat(" ", 64<<10), down},
		{204, ``, none},
		{401, `{"user":"alice"}`, none},
		{403, `{"user":"alice"}`, none},
		{302, `{"user":"alice"}`, none},
		{303, ``, none},
		{307, ``, none},
		{301, ``, down},
		{308, ``, down},
		{304, ``, down},
		{201, `{"user":"alice"}`, down},
		{206, `{"user":"alice"}`, down},
		{404, `{"user":"alice"}`, down},
		{429, ``, down},
		{500, `{"user":"alice"}`, down},
		{502, ``, down},
		{503, ``, down},
	} {
		var asked atomic.Int32
		a := open(t, website(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			w.Header().Set("Location", "/login?token=secret")
			w.WriteHeader(test.status)
			io.WriteString(w, test.body)
		}), nil)
		if id, got := ask(t, a, sid); got != test.want || asked.Load() != 1 {
			t.Errorf("%d %.60s: %v, %q; want %q", test.status, test.body, id, got, test.want)
		}
	}
}

func TestIdentity(t *testing.T) {
	a := open(t, website(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"user":"žofie","roles":["ROLE_USER","ROLE_ADMIN"],"impersonator":"root",
			"remembered":true,"attributes":{"name":"Žofie"},"other":[1]}`)
	}), nil)
	before := time.Now()
	id, reason := ask(t, a, sid)
	if reason != "" {
		t.Fatal(reason)
	}
	if e := id.Expires; e.Before(before.Add(15*time.Minute)) || e.After(time.Now().Add(15*time.Minute)) {
		t.Errorf("it expires at %v", e)
	}
	id.Expires = time.Time{}
	if want := (&firewall.Identity{
		User: "žofie", Roles: []string{"ROLE_USER", "ROLE_ADMIN"}, Impersonator: "root",
		Remembered: true, Attributes: map[string]string{"name": "Žofie"},
	}); !reflect.DeepEqual(id, want) {
		t.Errorf("%+v", id)
	}
}

func TestMaxAge(t *testing.T) {
	url := website(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"user":"alice"}`) })
	if id, _ := ask(t, open(t, url, &delegate.Options{Lasts: -1}), sid); !id.Expires.IsZero() {
		t.Errorf("for ever: it expires at %v", id.Expires)
	}
	if id, _ := ask(t, open(t, url, &delegate.Options{Lasts: time.Hour}), sid); time.Until(id.Expires) < 59*time.Minute {
		t.Errorf("an hour: it expires at %v", id.Expires)
	}
	own := time.Now().Add(time.Minute)
	shared := &firewall.Identity{User: "alice", Expires: own}
	a := open(t, url, &delegate.Options{Decode: func([]byte) (*firewall.Identity, error) { return shared, nil }})
	if id, _ := ask(t, a, sid); !id.Expires.Equal(own) || id == shared {
		t.Errorf("of Decode: it expires at %v", id.Expires)
	}
}

func TestDecodeOption(t *testing.T) {
	url := website(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "alice") })
	for name, test := range map[string]struct {
		id   *firewall.Identity
		err  error
		want firewall.Reason
	}{
		"a user":    {&firewall.Identity{User: "alice"}, nil, ""},
		"nobody":    {nil, nil, firewall.ReasonAnonymous},
		"no name":   {&firewall.Identity{}, nil, firewall.ReasonUnavailable},
		"an error":  {nil, errors.New("x"), firewall.ReasonUnavailable},
		"a refusal": {nil, firewall.Refuse(firewall.ReasonRole, nil), firewall.ReasonRole},
		"both":      {&firewall.Identity{User: "alice"}, errors.New("x"), firewall.ReasonUnavailable},
	} {
		a := open(t, url, &delegate.Options{Decode: func(body []byte) (*firewall.Identity, error) {
			if string(body) != "alice" {
				t.Errorf("the body is %q", body)
			}
			return test.id, test.err
		}})
		if _, got := ask(t, a, sid); got != test.want {
			t.Errorf("%s: %q; want %q", name, got, test.want)
		}
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://user:secret@" + l.Addr().String() + "/whoami?key=secret"
	l.Close()
	if _, reason := ask(t, open(t, gone, nil), sid); reason != firewall.ReasonUnavailable {
		t.Errorf("nobody listens: %q", reason)
	}

	release := make(chan struct{})
	slow := website(t, func(w http.ResponseWriter, r *http.Request) { <-release })
	defer close(release)
	if _, reason := ask(t, open(t, slow, &delegate.Options{Timeout: 20 * time.Millisecond}), sid); reason != firewall.ReasonUnavailable {
		t.Errorf("no answer in time: %q", reason)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = open(t, slow, nil).Authenticate(ctx, &firewall.Request{Cookie: sid})
	if refusal, ok := errors.AsType[*firewall.Refusal](err); !ok || refusal.Reason != firewall.ReasonUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("a client that is gone: %v", err)
	}

	torn := website(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `{"user":"alice"}`)
	})
	if _, reason := ask(t, open(t, torn, nil), sid); reason != firewall.ReasonUnavailable {
		t.Errorf("half an answer: %q", reason)
	}
}

// The website never has more than MaxConcurrent requests, and who waits too long
// for a turn is refused.
func TestMaxConcurrent(t *testing.T) {
	var now, most atomic.Int32
	release := make(chan struct{})
	url := website(t, func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		<-release
		io.WriteString(w, `{"user":"alice"}`)
	})
	transport := &http.Transport{} // without a bound of its own
	defer transport.CloseIdleConnections()
	a := open(t, url, &delegate.Options{MaxConcurrent: 2, Timeout: 20 * time.Second, Transport: transport})
	var wg sync.WaitGroup
	var in atomic.Int32
	for range 8 {
		wg.Go(func() {
			if _, reason := ask(t, a, sid); reason == "" {
				in.Add(1)
			}
		})
	}
	for now.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := a.Authenticate(ctx, &firewall.Request{Cookie: sid}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a turn: %v", err)
	}
	close(release)
	wg.Wait()
	if in.Load() != 8 || most.Load() != 2 {
		t.Errorf("%d of 8 came in, %d at once", in.Load(), most.Load())
	}
}

// What is wrong with an answer is said so that it can be mended.
func TestDecodeSays(t *testing.T) {
	for body, want := range map[string]string{
		`{"name":"alice"}`: `no "user"`, `{"user":[1]}`: "neither a string nor an integer", "<html>": "not JSON",
	} {
		if _, err := delegate.Decode([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestTransport(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"user":%q}`, r.Host)
	})}}
	server.Start()
	defer server.Close()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	defer transport.CloseIdleConnections()
	id, reason := ask(t, open(t, "http://www.example.com/whoami", &delegate.Options{Transport: transport}), sid)
	if reason != "" || id.User != "www.example.com" {
		t.Errorf("%v, %q", id, reason)
	}
}

func TestNew(t *testing.T) {
	for _, address := range []string{"", "/whoami", "www.example.com/whoami", "ftp://example.com", "https:///whoami", "http://user:secret@example.com:x/", "javascript:alert(1)"} {
		if a, err := delegate.New(address, nil); err == nil || a != nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, opts := range []*delegate.Options{{Timeout: -1}, {MaxConcurrent: -1}} {
		if _, err := delegate.New("http://example.com/", opts); err == nil {
			t.Errorf("%+v: no error", opts)
		}
	}
}
