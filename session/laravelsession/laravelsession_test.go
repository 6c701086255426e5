package laravelsession_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/laravelsession"
	"github.com/rollcall-go/rollcall/session/redisstore"
)

func TestMain(m *testing.M) { leakcheck.Main(m) }

// fixture is what Laravel 11 has made.
type fixture struct {
	CBC      cookie `json:"AES-256-CBC"`
	GCM      cookie `json:"AES-256-GCM"`
	Database string `json:"payload_db"`
	Redis    string `json:"payload_redis"`
	Key      string `json:"key_base64"`
}

type cookie struct{ Cookie, SID, Name string }

func load(t testing.TB) (f fixture) {
	t.Helper()
	data, err := os.ReadFile("testdata/laravel.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func encrypter(t testing.TB, cipher string, keys ...string) *laravelsession.Encrypter {
	t.Helper()
	e, err := laravelsession.NewEncrypter(cipher, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestFixtures(t *testing.T) {
	f := load(t)
	for cipher, made := range map[string]cookie{"AES-256-CBC": f.CBC, "aes-256-gcm": f.GCM} {
		header := "XSRF-TOKEN=x; " + made.Name + "=" + made.Cookie
		other := "base64:" + base64.StdEncoding.EncodeToString(make([]byte, 32))
		for _, keys := range [][]string{{f.Key}, {other, "", f.Key}} {
			if id, err := encrypter(t, cipher, keys...).Cookie(made.Name).ID(header); err != nil || id != made.SID {
				t.Errorf("%s: %q, %v", cipher, id, err)
			}
		}
		if id, err := encrypter(t, cipher, other).Cookie(made.Name).ID(header); !errors.Is(err, session.ErrBadCookie) {
			t.Errorf("%s with another key: %q, %v", cipher, id, err)
		}
		renamed := "other_session=" + made.Cookie
		if id, err := encrypter(t, cipher, f.Key).Cookie("other_session").ID(renamed); !errors.Is(err, session.ErrBadCookie) {
			t.Errorf("%s under another name: %q, %v", cipher, id, err)
		}
	}
	for _, data := range []string{f.Database, f.Redis} {
		values, err := laravelsession.Decode([]byte(data))
		if err != nil || values[laravelsession.UserKey("web")] != int64(42) || values["_token"] != "tok" || values["password_hash_web"] != "$2y$12$x" {
			t.Errorf("%v, %v", values, err)
		}
	}
}

// The website's own bytes in a real Redis make the user 42.
func TestRedis(t *testing.T) {
	f := load(t)
	client := redis.NewClient(&redis.Options{Addr: testserver.Redis(t)})
	defer client.Close()
	key := "laravel_database_laravel_cache_" + f.CBC.SID
	if err := client.Set(t.Context(), key, f.Redis, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	store := redisstore.New(client, &redisstore.Options{Prefix: "laravel_database_laravel_cache_"})
	fw, err := firewall.New(&firewall.Options{Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
		Sessions: session.New(store, &session.Options{Decode: laravelsession.Decode}),
		Cookie:   encrypter(t, "", f.Key).Cookie("laravel_session"),
		Identify: firewall.Keys(firewall.Path{laravelsession.UserKey("web")}, nil),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	r := &firewall.Request{Cookie: "laravel_session=" + f.CBC.Cookie}
	if id, err := fw.Authenticate(t.Context(), r); err != nil || id.User != "42" {
		t.Errorf("%v, %v", id, err)
	}
	if err := client.Del(t.Context(), key).Err(); err != nil {
		t.Fatal(err)
	}
	if id, err := fw.Authenticate(t.Context(), r); err != nil || id.Reason != firewall.ReasonSignedOut {
		t.Errorf("signed out: %v, %v", id, err)
	}
}

const sid = "SSSSSSSSSSSSSSSSSSSSaaaaaaaaaaaaaaaaaa09"

// PHP itself seals cookies and sessions with each cipher, and stores them as each
// driver does.
func TestPHP(t *testing.T) {
	testserver.Try(t, "php-cli", "php", "-r", "exit(extension_loaded('openssl') ? 0 : 1);")
	for cipher, size := range map[string]int{"AES-128-CBC": 16, "AES-256-CBC": 32, "AES-128-GCM": 16, "AES-256-GCM": 32} {
		key := strings.Repeat("k", size)
		out, err := exec.CommandContext(t.Context(), "php", "testdata/laravel.php", cipher, hex.EncodeToString([]byte(key)), "my_session", sid).Output()
		if err != nil {
			t.Fatal(err)
		}
		var made struct {
			Cookie string
			Stored map[string]string
		}
		if err := json.Unmarshal(out, &made); err != nil {
			t.Fatal(err)
		}
		e := encrypter(t, cipher, key)
		if id, err := e.Cookie("my_session").ID("my_session=" + made.Cookie); err != nil || id != sid {
			t.Errorf("%s: %q, %v", cipher, id, err)
		}
		if len(made.Stored) != 12 {
			t.Errorf("%s: %d forms", cipher, len(made.Stored))
		}
		for form, data := range made.Stored {
			encrypted := strings.HasSuffix(form, " encrypted")
			payload, unwrapErr := e.Unwrap([]byte(data), 1<<20)
			if (unwrapErr == nil) != encrypted {
				t.Errorf("%s, %s: Unwrap: %v", cipher, form, unwrapErr)
				continue
			}
			if !encrypted {
				payload = []byte(data)
			} else if values, err := laravelsession.Decode([]byte(data)); err == nil {
				t.Errorf("%s, %s: without Unwrap it is %v", cipher, form, values)
			}
			v, err := laravelsession.Decode(payload)
			url, _ := (&session.Session{Values: v}).Lookup("_previous", "url")
			if err != nil || len(v) != 5 || v[laravelsession.UserKey("web")] != int64(42) || v["name"] != "Žofie „Ž” 🚀" ||
				v["big"] != int64(math.MaxInt64) || url != `https://example.com/a|b?c="d"` {
				t.Errorf("%s, %s: %v, %v", cipher, form, v, err)
			}
		}
	}
}

func TestUserKey(t *testing.T) {
	if key := laravelsession.UserKey("admin"); key != "login_admin_59ba36addc2b2f9401580f014c7f58ea4e30989d" {
		t.Error(key)
	}
}

func TestNewEncrypter(t *testing.T) {
	long := "base64:" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, test := range map[string]struct {
		cipher string
		keys   []string
	}{
		"no key":              {"", nil},
		"an empty key":        {"", []string{"", long}},
		"no cipher":           {"AES-256-ECB", []string{long}},
		"a short key":         {"", []string{"secret"}},
		"a key of AES-128":    {"AES-256-GCM", []string{"secretsecretsecr"}},
		"a key of AES-256":    {"AES-128-CBC", []string{long}},
		"a key not in base64": {"", []string{"base64:secret!"}},
		"a bad previous key":  {"", []string{long, "secret"}},
	} {
		e, err := laravelsession.NewEncrypter(test.cipher, test.keys...)
		if e != nil || err == nil || !strings.HasPrefix(err.Error(), "laravelsession: ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{
		"", "N;", "i:5;", `s:1:"x";`, `s:3:"N;N";`, `s:100:"a:0:{}";`, `s:6:"a:0:{}";x`, "a:1:{", `O:8:"stdClass":0:{}`,
		"a:0:{}x", `{"a":1`, `{"a":1}x`, "[1]", "null", "secret", base64.StdEncoding.EncodeToString([]byte("secret")),
		`{"iv":"a","value":"b","mac":"c","tag":""}`, base64.StdEncoding.EncodeToString([]byte(`{"iv":"secret","value":"b","mac":"c","tag":""}`)),
		`s:8:"s:1:"x";";`, base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("a:0:{}")))),
	} {
		if v, err := laravelsession.Decode([]byte(text)); err == nil || v != nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, %v", text, v, err)
		}
	}
	for _, text := range []string{"a:0:{}", "[]", "{}", `s:6:"a:0:{}";`, `s:2:"[]";`, base64.StdEncoding.EncodeToString([]byte("a:0:{}"))} {
		if v, err := laravelsession.Decode([]byte(text)); err != nil || v == nil || len(v) != 0 {
			t.Errorf("%q: %v, %v", text, v, err)
		}
	}
}
