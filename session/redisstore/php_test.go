package redisstore_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/redisstore"
)

const phpPackages = "php-cli php-redis php-igbinary php-symfony-http-foundation php-symfony-cache"

// php runs a script of testdata and returns the lines that it prints.
func php(t *testing.T, args ...string) []string {
	t.Helper()
	testserver.Try(t, phpPackages, "php", "-r",
		`require 'Symfony/Component/HttpFoundation/autoload.php'; require 'Symfony/Component/Cache/autoload.php'; exit(extension_loaded('redis') && extension_loaded('igbinary') ? 0 : 1);`)
	cmd := exec.Command("php", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 || strings.Contains(string(out), "Warning: ") {
		t.Fatalf("php %s: %v\n%s%s", args, err, out, stderr.String())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func port(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// expectSessions expects those that write.php has written.
func expectSessions(t *testing.T, store session.Store, ids []string) {
	t.Helper()
	for i, result := range session.New(store, nil).ReadMany(t.Context(), ids) {
		if result.Err != nil {
			t.Errorf("%s: %v", ids[i], result.Err)
			continue
		}
		if name, ok := result.Session.Lookup("_sf2_attributes", "name"); !ok || name != "Žofie "+ids[i] {
			t.Errorf("%s: the session has the name %v", ids[i], name)
		}
	}
}

// opened opens a data source name and closes the store with the test.
func opened(t *testing.T, dsn string) *session.Reader {
	t.Helper()
	r, err := session.Open(dsn, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// What Symfony writes with a data source name, session.Open reads with the same
// one; and what it destroys is gone.
func TestSymfony(t *testing.T) {
	t.Parallel()
	addr := testserver.Redis(t)
	dir := t.TempDir()
	plain(t, addr).ConfigSet(t.Context(), "requirepass", "p@:s/?#&%")
	const password = "p%40%3As%2F%3F%23%26%25"
	socket := filepath.Join(dir, "s.sock")
	go forward(t, socket, addr)
	for name, dsn := range map[string]string{
		"password":          "redis://" + password + "@" + addr,
		"user":              "redis://default:" + password + "@" + addr + "/",
		"no user":           "redis://:" + password + "@" + addr + "/2",
		"database":          "redis://" + password + "@" + addr + "/3",
		"dbindex":           "redis://" + password + "@" + addr + "?dbindex=4",
		"prefix":            "redis://" + password + "@" + addr + "/3?prefix=my%20app:+&ttl=100",
		"empty prefix":      "redis://" + password + "@" + addr + "/5?prefix=",
		"auth":              "redis://" + addr + "?auth=" + password,
		"timeouts":          "redis://" + password + "@" + addr + "?timeout=2.5&read_timeout=3&persistent=1&retry_interval=10&tcp_keepalive=1&lazy=1",
		"host list":         "redis:" + password + "@?host[" + addr + "]",
		"one-slash socket":  "redis:" + password + "@" + socket + "/6?prefix=sock_",
		"socket":            "redis://" + password + "@" + socket,
		"socket, database":  "redis://" + password + "@" + socket + "/7",
		"socket, in a list": "redis:" + password + "@?host[" + socket + ":]",
	} {
		t.Run(name, func(t *testing.T) {
			id := "id-of-" + strings.NewReplacer(" ", "-").Replace(name)
			php(t, "testdata/write.php", dsn, id)
			reader := opened(t, dsn)
			s, err := reader.Read(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := s.Lookup("_sf2_attributes", "name"); got != "Žofie "+id {
				t.Errorf("the name is %v", got)
			}
			php(t, "testdata/write.php", dsn, "destroy:"+id)
			if _, err := reader.Read(t.Context(), id); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("after it was destroyed: %v", err)
			}
			if err := reader.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// forward makes a socket of a TCP address, for as long as the test runs.
func forward(t *testing.T, socket, addr string) {
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Error(err)
		return
	}
	t.Cleanup(func() { l.Close() })
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go pipe(conn, addr)
	}
}

// Many hosts without a cluster are phpredis' RedisArray.
func TestArray(t *testing.T) {
	t.Parallel()
	a, b, c := testserver.Redis(t), testserver.Redis(t), testserver.Redis(t)
	all := ids(200)
	for name, dsn := range map[string]string{
		"list":          "redis:?host[" + a + "]&host[" + b + "]&host[" + c + "]&prefix=list_",
		"host and list": "redis://" + b + "?host[" + a + "]&prefix={app}_",
		"tagged":        "redis://" + b + "/3?host[" + a + "]&host[" + c + "]",
	} {
		t.Run(name, func(t *testing.T) {
			written := php(t, append([]string{"testdata/write.php", dsn}, all...)...)
			reader := opened(t, dsn)
			for i, result := range reader.ReadMany(t.Context(), written) {
				if result.Err != nil {
					t.Fatalf("%s: %v", written[i], result.Err)
				}
			}
			for _, id := range written[:5] {
				if _, err := reader.Read(t.Context(), id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, addr := range []string{a, b, c} {
		if n := plain(t, addr).DBSize(t.Context()).Val(); n < 50 {
			t.Errorf("one host has %d sessions", n)
		}
	}
}

func TestSymfonyCluster(t *testing.T) {
	t.Parallel()
	addrs := testserver.RedisCluster(t)
	dsn := "redis:?host[" + addrs[0] + "]&host[" + addrs[1] + "]&redis_cluster=1&prefix=app_"
	all := php(t, append([]string{"testdata/write.php", dsn}, ids(40)...)...)
	for i, result := range opened(t, dsn).ReadMany(t.Context(), all) {
		if result.Err != nil {
			t.Errorf("%s: %v", all[i], result.Err)
		}
	}
}

func TestSymfonySentinel(t *testing.T) {
	t.Parallel()
	sentinel := testserver.RedisSentinel(t)
	dsn := "redis://" + sentinel + "/2?redis_sentinel=" + testserver.SentinelMaster
	all := php(t, append([]string{"testdata/write.php", dsn}, ids(3)...)...)
	for i, result := range opened(t, dsn).ReadMany(t.Context(), all) {
		if result.Err != nil {
			t.Errorf("%s: %v", all[i], result.Err)
		}
	}
}

// PHP's own handler, with each of PHP's ways to encode a session.
func TestNative(t *testing.T) {
	t.Parallel()
	addr := testserver.Redis(t)
	client := plain(t, addr)
	store := redisstore.New(client, &redisstore.Options{Prefix: "PHPREDIS_SESSION:"})
	for _, handler := range []string{"php", "php_binary", "php_serialize", "igbinary"} {
		id := "native-" + strings.ReplaceAll(handler, "_", "-")
		php(t, "-d", "session.save_handler=redis", "-d", "session.save_path=tcp://"+addr,
			"-d", "session.serialize_handler="+handler, "testdata/write.php", "native", id)
		expectSessions(t, store, []string{id})
	}
}

// Sessions of a Symfony website, byte by byte, under the keys that it had.
func TestFixtures(t *testing.T) {
	t.Parallel()
	for folder, prefix := range map[string]string{"store-redis-prefix": "myapp_", "store-native-phpredis": "PHPREDIS_SESSION:"} {
		client := plain(t, testserver.Redis(t))
		store := redisstore.New(client, &redisstore.Options{Prefix: prefix})
		manifest, err := os.ReadFile(filepath.Join("testdata", folder, "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		var sessions map[string]struct {
			File, SHA256, SID string
			Context           *string
		}
		if err := json.Unmarshal(manifest, &sessions); err != nil {
			t.Fatal(err)
		}
		read := 0
		for name, s := range sessions {
			if s.SID == "" {
				continue // the session of somebody who has signed out
			}
			read++
			data, err := os.ReadFile(filepath.Join("testdata", folder, s.File))
			if err != nil {
				t.Fatal(err)
			}
			set(t, client, prefix+s.SID, string(data))
			record := store.Fetch(t.Context(), []string{s.SID}, big)[0]
			if sum := sha256.Sum256(record.Data); hex.EncodeToString(sum[:]) != s.SHA256 {
				t.Errorf("%s/%s: other bytes, %v", folder, name, record.Err)
			}
			got, err := session.New(store, nil).Read(t.Context(), s.SID)
			if err != nil {
				t.Errorf("%s/%s: %v", folder, name, err)
				continue
			}
			if s.Context != nil {
				if _, ok := got.Lookup("_sf2_attributes", "_security_"+*s.Context); !ok {
					t.Errorf("%s/%s: no token", folder, name)
				}
			}
		}
		if read != 4 {
			t.Errorf("%s: %d sessions, want 4", folder, read)
		}
	}
}

// What phpredis wraps is refused with the name of the option.
func TestWrapped(t *testing.T) {
	t.Parallel()
	addr := testserver.Redis(t)
	store := redisstore.New(plain(t, addr), nil)
	lines := php(t, "testdata/wrap.php", port(t, addr))
	if len(lines) != 48 {
		t.Errorf("%d values", len(lines))
	}
	for _, line := range lines {
		id, option, _ := strings.Cut(line, " ")
		var notes strings.Builder
		ctx := session.WithNotes(t.Context(), func(text string) { notes.WriteString(text) })
		r := store.Fetch(ctx, []string{id}, big)[0]
		switch {
		case option == "none" || option == "OPT_SERIALIZER php": // Laravel's look like the latter
			if r.Err != nil || strings.Contains(notes.String(), option) != (option != "none") {
				t.Errorf("%s: %v, and the notes %q", id, r.Err, notes.String())
			}
		case option == "OPT_COMPRESSION lzf" && !strings.HasSuffix(id, "-1"): // too small to be recognised
		case !errors.Is(r.Err, session.ErrUnreadable) || !strings.Contains(r.Err.Error(), option+":"):
			t.Errorf("%s: %q, %v; want an error that says %s", id, r.Data, r.Err, option)
		}
	}
}
