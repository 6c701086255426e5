package memcachedstore

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// A server is responsible up to its own points, and the first beyond the last.
func TestRing(t *testing.T) {
	r := ring{servers: 3, points: []point{{10, 1}, {20, 2}, {30, 0}}}
	for hash, want := range map[uint32]int{0: 1, 10: 1, 11: 2, 20: 2, 30: 0, 31: 1, 1<<32 - 1: 1} {
		r.hash = func(string) uint32 { return hash }
		if got := r.server("key"); got != want {
			t.Errorf("the hash %d is on server %d; want %d", hash, got, want)
		}
	}
}

// The servers of keys are those that libmemcached tells, and the data source
// names mean what Symfony makes of them.
func TestServersOfPHP(t *testing.T) {
	needPHP(t)
	r := rand.New(rand.NewPCG(5, 6))
	dsns := []string{
		"memcached://localhost", "memcached://localhost:1234/33", "memcached:///run/m.sock?prefix=foo", "memcached:///run/m.sock/5?host[h2]=1",
		"memcached:/run/m.sock?prefix=foo&host[h2]=1", "memcached:h1?host[h2]=1", "memcached:?host[h1:1]=2&host[h2]=3&host[/a/b.sock]=4",
		"memcached://h1?weight=7&host[h2]=1", "memcached://h1/7?host[h2]=1", "memcached://h1/path/5?weight=6&host[h2]", "memcached://h1?host[h2]=7&ttl=5&lazy=1",
		"memcached://h1?prefix_key=pk&host[h2]", "memcached://h1?Prefix_Key=pk&host[h2]", "memcached://h1?HOST[h2]=1&PREFIX=x", "memcached://@h1",
		"memcached://h1?host[h2]=5&host[h3]=1&host[h2]=1", "memcached://h1?libketama_compatible=true&host[h2]=1", "memcached://h1?libketama_compatible=1&host[h2]=1",
		"memcached://h1?LibKetama_Compatible=0&host[h2]=1", "memcached://H1?host[h1]=1", "memcached://h1#?host[h2]=1", "memcached://h1?x=1&amp;host[h2]=1",
		"memcached://h1?prefix=a%20b+c%2B&host[h2]", "memcached://h1?prefix=", "memcached://h1?prefix", "memcached://h1?host%5Bh2%5D=4&prefix=a=b", "memcached://h1?host[h2]x=1&host[h3&y",
		"memcached://h1?hash=md5", "memcached://h1/?host[h2]", "memcached://h1/0?host[h2]=0", "memcached://h1?auto_eject_hosts=0&host[h2]", "memcached://h1:11211?host[h2:11211]&host[h3:11212]&sort_hosts=no",
		"memcached:", "memcached:?", "memcached://", "memcached://?host[h]=1", "memcached://h1?host=5", "memcached:?prefix=x",
	}
	for range 40 {
		var hosts []string
		for i := range 1 + r.IntN(12) {
			hosts = append(hosts, fmt.Sprintf("host[cache-%d.example:%d]=%d", i, []int{11211, 11212, 1 + r.IntN(65535)}[r.IntN(3)], r.IntN(4)*r.IntN(100)))
		}
		dsns = append(dsns, "memcached:?"+strings.Join(hosts, "&"), fmt.Sprintf("memcached://10.0.0.1:%d/%d?%s&libketama_compatible=%d", 11211+r.IntN(2), r.IntN(9), strings.Join(hosts, "&"), r.IntN(2)))
	}
	const keys = 300
	cmd := exec.Command("php", "testdata/servers.php", fmt.Sprint(keys))
	cmd.Stdin = strings.NewReader(strings.Join(dsns, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(answers) != len(dsns) {
		t.Fatalf("php printed %d lines for %d names", len(answers), len(dsns))
	}
	for i, dsn := range dsns {
		var want struct {
			Error, Prefix, Namespace string
			Servers                  []string
		}
		if err := json.Unmarshal([]byte(answers[i]), &want); err != nil {
			t.Fatalf("%s: %v", answers[i], err)
		}
		s, err := fromDSN(dsn)
		if (err != nil) != (want.Error != "") {
			t.Errorf("%s: %v; PHP says %q", dsn, err, want.Error)
		}
		if err != nil {
			continue
		}
		if s.prefix != want.Prefix || s.namespace != want.Namespace {
			t.Errorf("%s: the prefixes are %q and %q; want %q and %q", dsn, s.prefix, s.namespace, want.Prefix, want.Namespace)
		}
		for n, server := range want.Servers {
			if got := s.pools[s.ring.server(fmt.Sprintf("%skey%d", s.prefix, n))].server.Addr; got != server {
				t.Errorf("%s: key %d is on %s; want %s", dsn, n, got, server)
				break
			}
		}
	}
}

// What the website can do and this package cannot, it refuses.
func TestDSNRefuses(t *testing.T) {
	for dsn, want := range map[string]string{
		"memcached://user:secret@host":                 "SASL",
		"memcached://user@host":                        "SASL",
		"memcached:///run/secret@x.sock":               "SASL",
		"memcached://host?host[h2]=1&hash=md5":         "hash",
		"memcached://host?host[h2]&Distribution=x":     "Distribution",
		"memcached://host?host[h2]&sort_hosts=1":       "sort_hosts",
		"memcached://host?host[h2]&auto_eject_hosts=1": "auto_eject_hosts",
		"memcached://host?host[]=h2":                   "host[name:11211]=weight",
		"memcached://host?host[h2]=-3":                 "weight",
		"memcached://host?host[h2]=heavy":              "weight",
		"memcached://host/99999":                       "weight",
		"memcached://host?host[h2:0]":                  "port",
		"memcached://host?host[h2:99999]":              "port",
		"memcached://host:x":                           "port",
		"memcached:host:11211":                         "//",
		"memcached://host?host[::1]":                   "host:11211",
		"memcached://host?prefix=%zz":                  "percent",
		"memcached://host?%=x":                         "percent",
	} {
		if s, err := fromDSN(dsn); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "memcachedstore: ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, %v; want an error with %q", dsn, s, err, want)
		}
	}
	if _, err := New(nil, nil); err == nil {
		t.Error("New without a server")
	}
	for _, server := range []Server{{Addr: "host"}, {Addr: ":1"}, {}, {Addr: "host:1", Weight: -1}} {
		if _, err := New([]Server{server}, nil); err == nil {
			t.Errorf("New of %v", server)
		}
	}
}

func FuzzDSN(f *testing.F) {
	for _, seed := range []string{
		"memcached://localhost:11211/33?prefix=x", "memcached:///run/m.sock", "memcached:?host[h1:1]=2&host[/a]=4", "memcached://u:p@h",
		"memcached:h1#x", "memcached://[::1]:1?host[%zz", "memcached://h?host[h2]&hash=md5&libketama_compatible=+0x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		s, err := fromDSN(dsn)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "memcachedstore: ") {
				t.Fatal(err)
			}
			return
		}
		for i := range 10 {
			if at := s.ring.server(fmt.Sprint(i)); at < 0 || at >= len(s.pools) {
				t.Fatalf("there is no server %d", at)
			}
		}
	})
}
