package memcachedstore

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
)

// The fixtures are items of a real Symfony website with their flags.
func TestFixtures(t *testing.T) {
	addr := testserver.Memcached(t)
	files, err := filepath.Glob(filepath.Join("testdata", "*", "flags.txt"))
	if err != nil || len(files) < 2 {
		t.Fatalf("there are fixtures in %d folders, %v", len(files), err)
	}
	for _, file := range files {
		testFixture(t, addr, filepath.Dir(file))
	}
}

func testFixture(t *testing.T, addr, dir string) {
	raw, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest map[string]struct {
		File, Sid string
		Who       struct{ User *string }
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		t.Fatal(err)
	}
	prefixes := restore(t, addr, dir, func(sid string) string {
		for _, entry := range manifest {
			if entry.Sid == sid {
				return entry.File
			}
		}
		return ""
	})
	for name, entry := range manifest {
		prefix, ok := prefixes[entry.Sid]
		if !ok {
			continue
		}
		store := open(t, "memcached://"+addr+"?prefix="+url.QueryEscape(prefix))
		s, err := session.New(store, nil).Read(t.Context(), entry.Sid)
		if err != nil {
			t.Errorf("%s/%s: %v", dir, name, err)
			continue
		}
		attributes := fmt.Sprint(s.Values["_sf2_attributes"])
		if _, ok := s.Values["_sf2_meta"]; !ok || entry.Who.User == nil && strings.Contains(attributes, "_security_") {
			t.Errorf("%s/%s: the session is not what it was", dir, name)
		}
		if user := entry.Who.User; user != nil {
			if last, _ := s.Lookup("_sf2_attributes", "_security.last_username"); last != *user {
				t.Errorf("%s/%s: the last user is %v, want %s", dir, name, last, *user)
			}
		}
	}
}

// restore sets the items that flags.txt tells of, and returns the prefixes of
// their keys by the session id.
func restore(t *testing.T, addr, dir string, file func(sid string) string) map[string]string {
	flags, err := os.ReadFile(filepath.Join(dir, "flags.txt"))
	if err != nil {
		t.Fatal(err)
	}
	prefixes := make(map[string]string)
	for line := range strings.Lines(string(flags)) {
		var key string
		var flag, size int
		if n, _ := fmt.Sscanf(line, "VALUE %s %d %d", &key, &flag, &size); n != 3 {
			continue
		}
		sid := key[len(key)-26:]
		data, err := os.ReadFile(filepath.Join(dir, file(sid)))
		if err != nil || len(data) != size {
			t.Fatalf("%s: %d bytes, %v", key, len(data), err)
		}
		set(t, addr, key, flag, data)
		prefixes[sid] = strings.TrimSuffix(key, sid)
	}
	if len(prefixes) == 0 {
		t.Errorf("%s tells of no items", dir)
	}
	return prefixes
}

// set stores an item.
func set(t *testing.T, addr, key string, flags int, data []byte) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "set %s %d 0 %d\r\n%s\r\n", key, flags, len(data), data)
	answer := make([]byte, 8)
	if _, err := io.ReadFull(c, answer); err != nil || string(answer) != "STORED\r\n" {
		t.Fatalf("set: %q, %v", answer, err)
	}
}
