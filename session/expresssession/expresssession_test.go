package expresssession_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/expresssession"
	_ "github.com/rollcall-go/rollcall/session/redisstore"
)

func TestMain(m *testing.M) { leakcheck.Main(m) }

// fixture is what a website with express-session 1.x and connect-redis 7 has sent
// and stored.
type fixture struct {
	Cookie, Secret string
	Key            string `json:"redis_key"`
	Value          string `json:"redis_value"`
}

func load(t testing.TB) (f fixture) {
	t.Helper()
	data, err := os.ReadFile("testdata/express.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// The website's own cookie and session, in a real Redis, make the user 42.
func TestWebsite(t *testing.T) {
	f := load(t)
	address := testserver.Redis(t)
	client := redis.NewClient(&redis.Options{Addr: address})
	defer client.Close()
	if err := client.Set(t.Context(), f.Key, f.Value, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	sessions, err := session.Open("redis://"+address+"?prefix=sess:", &session.Options{Decode: expresssession.Decode})
	if err != nil {
		t.Fatal(err)
	}
	defer sessions.Close()
	fw, err := firewall.New(&firewall.Options{Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
		Sessions: sessions,
		Cookie:   expresssession.Cookie("", f.Secret),
		Identify: firewall.Keys(firewall.Path{"passport", "user"}, nil),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	r := &firewall.Request{Cookie: "lang=cs; " + f.Cookie}
	if id, err := fw.Authenticate(t.Context(), r); err != nil || id.User != "42" {
		t.Errorf("%v, %v", id, err)
	}
	if err := client.Del(t.Context(), f.Key).Err(); err != nil {
		t.Fatal(err)
	}
	if id, err := fw.Authenticate(t.Context(), r); err != nil || id.Reason != firewall.ReasonSignedOut {
		t.Errorf("signed out: %v, %v", id, err)
	}
}

// signed is a cookie's value as cookie-signature makes it.
func signed(id, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id))
	return "s:" + id + "." + strings.TrimRight(base64.StdEncoding.EncodeToString(mac.Sum(nil)), "=")
}

const sid = "r_xYckKW-qPR7KZoYYzepnzqYYCBv1t-"

func TestCookie(t *testing.T) {
	good := signed(sid, "new")
	dot := strings.LastIndexByte(good, '.')
	for name, test := range map[string]struct {
		header string
		want   error
	}{
		"good":                 {"connect.sid=" + url.QueryEscape(good), nil},
		"not escaped":          {"connect.sid=" + good, nil},
		"old secret":           {"connect.sid=" + signed(sid, "old"), nil},
		"unknown secret":       {"connect.sid=" + signed(sid, "other"), session.ErrBadCookie},
		"empty secret":         {"connect.sid=" + signed(sid, ""), session.ErrBadCookie},
		"none":                 {"", session.ErrNoCookie},
		"another name":         {"connect_sid=" + good, session.ErrNoCookie},
		"the bare id":          {"connect.sid=" + sid, session.ErrBadCookie},
		"no signature":         {"connect.sid=s:" + sid, session.ErrBadCookie},
		"an empty signature":   {"connect.sid=s:" + sid + ".", session.ErrBadCookie},
		"no prefix":            {"connect.sid=" + good[2:], session.ErrBadCookie},
		"j:":                   {"connect.sid=j:" + good[2:], session.ErrBadCookie},
		"half a signature":     {"connect.sid=" + good[:dot+20], session.ErrBadCookie},
		"a padded signature":   {"connect.sid=" + good + "=", session.ErrBadCookie},
		"another id":           {"connect.sid=s:" + strings.Replace(good[2:], "r", "x", 1), session.ErrBadCookie},
		"an empty id":          {"connect.sid=" + signed("", "new"), session.ErrBadCookie},
		"a signed path":        {"connect.sid=" + signed("../../x", "new"), session.ErrBadCookie},
		"a signed line break":  {"connect.sid=" + url.QueryEscape(signed("x\r\nFLUSHALL", "new")), session.ErrBadCookie},
		"a signed long id":     {"connect.sid=" + signed(strings.Repeat("a", 251), "new"), session.ErrBadCookie},
		"a signed longest id":  {"connect.sid=" + signed(strings.Repeat("a", 250), "new"), nil},
		"far too long":         {"connect.sid=" + strings.Repeat("a", 5000), session.ErrBadCookie},
		"the first one counts": {"connect.sid=x; connect.sid=" + good, session.ErrBadCookie},
	} {
		id, err := expresssession.Cookie("connect.sid", "new", "old").ID(test.header)
		if !errors.Is(err, test.want) || (err == nil) != (id != "") {
			t.Errorf("%s: %q, %v; want %v", name, id, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), sid) {
			t.Errorf("%s: the error quotes the id: %v", name, err)
		}
	}
	if id, err := expresssession.Cookie("mysite", "new").ID("mysite=" + good); id != sid || err != nil {
		t.Errorf("another name: %q, %v", id, err)
	}
	for _, secrets := range [][]string{nil, {""}, {"new", ""}} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "expresssession: ") {
					t.Errorf("%q: %q", secrets, text)
				}
			}()
			expresssession.Cookie("connect.sid", secrets...)
		}()
	}
}

// The secrets are the cookie's own.
func TestCookieSecrets(t *testing.T) {
	secrets := []string{"new"}
	cookie := expresssession.Cookie("s", secrets...)
	secrets[0] = "changed"
	if _, err := cookie.ID("s=" + signed(sid, "new")); err != nil {
		t.Error(err)
	}
}

func TestDecode(t *testing.T) {
	for text, want := range map[string]map[string]any{
		`{}`: {},
		`{"passport":{"user":42},"name":"žofie"}`:           {"passport": map[string]any{"user": int64(42)}, "name": "žofie"},
		`{"a":9007199254740993,"b":-9223372036854775808}`:   {"a": int64(9007199254740993), "b": int64(math.MinInt64)},
		`{"a":9223372036854775808,"b":1.5,"c":1e3,"d":-0}`:  {"a": 9223372036854775808.0, "b": 1.5, "c": 1000.0, "d": int64(0)},
		`{"a":[1,[2.5,{"b":3}],"4",true,null]}`:             {"a": []any{int64(1), []any{2.5, map[string]any{"b": int64(3)}}, "4", true, nil}},
		` {"a" : 1 } ` + "\n":                               {"a": int64(1)},
		`{"cookie":{"expires":"2000-01-01T00:00:00.000Z"}}`: {"cookie": map[string]any{"expires": "2000-01-01T00:00:00.000Z"}},
		`{"a":1,"a":2}`:                 {"a": int64(2)},
		`{"a":` + nested(5000) + `}`:    nil, // only that it ends
		`{"a":1e400}`:                   nil,
		`{"a":{"b":[-1e999]}}`:          nil,
		`{"a":1}{"a":2}`:                nil,
		`{"a":1}x`:                      nil,
		`{"a":1`:                        nil,
		`{"a":01}`:                      nil,
		`{'a':1}`:                       nil,
		`[1]`:                           nil,
		`"secret"`:                      nil,
		`null`:                          nil,
		`42`:                            nil,
		``:                              nil,
		`a:1:{s:4:"user";i:42;}`:        nil,
		`{"a":` + nested(20_000) + `}`:  nil,
		strings.Repeat(`{"a":`, 20_000): nil,
		`{"secret":` + strings.Repeat("9", 500) + `,"b":"x"}`: nil,
	} {
		got, err := expresssession.Decode([]byte(text))
		switch {
		case want == nil && strings.Contains(text, nested(5000)) && len(text) < 11_000:
			if err != nil {
				t.Errorf("%.40s: %v", text, err)
			}
		case want == nil && (err == nil || got != nil || !strings.HasPrefix(err.Error(), "expresssession: ") || strings.Contains(err.Error(), "secret")):
			t.Errorf("%.40s: %v, %v; want an error", text, got, err)
		case want != nil && (err != nil || !reflect.DeepEqual(got, want)):
			t.Errorf("%.40s: %#v, %v; want %#v", text, got, err, want)
		}
	}
}

// A session may be long, but not of more values than it can afford in memory.
func TestDecodeMany(t *testing.T) {
	for text, want := range map[string]bool{
		`{"a":"` + strings.Repeat(`,[{\",`, 30_000) + `"}`:         true,
		`{"a":[` + strings.Repeat(`{},`, 9_000) + `0]}`:            true,
		`{"a":[` + strings.Repeat(`{},`, 11_000) + `0]}`:           false,
		`{"a":[` + strings.Repeat(`"\\",`, 21_000) + `0]}`:         false,
		`{"a":"\\",` + strings.Repeat(`"b":1,`, 21_000) + `"c":0}`: false,
	} {
		if values, err := expresssession.Decode([]byte(text)); (err == nil) != want || (values != nil) != want {
			t.Errorf("%.30s: %d values, %v", text, len(values), err)
		}
	}
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func FuzzCookie(f *testing.F) {
	x := load(f)
	good := signed(sid, x.Secret)
	f.Add(x.Cookie)
	f.Add("a=b; connect.sid=" + good)
	f.Add("connect.sid=s:.; connect.sid=%73%3a")
	cookie := expresssession.Cookie("", x.Secret)
	f.Fuzz(func(t *testing.T, header string) {
		id, err := cookie.ID(header)
		if err == nil && id != sid || err != nil && !errors.Is(err, session.ErrBadCookie) && !errors.Is(err, session.ErrNoCookie) {
			t.Fatalf("%q, %v", id, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(load(f).Value))
	f.Add([]byte(`{"a":[1,-2.5e-7,{"b":9223372036854775808}],"c":"\ud800"}`))
	f.Add([]byte(strings.Repeat(`{"":[`, 50)))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := expresssession.Decode(data)
		if (err == nil) != (values != nil) {
			t.Fatalf("%v, %v", values, err)
		}
		if err == nil {
			// What is read can be written and read again.
			again, err := json.Marshal(values)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := expresssession.Decode(again); err != nil {
				t.Fatalf("%v: %s", err, again)
			}
		}
	})
}
