package filestore

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/session"
)

func TestMain(m *testing.M) { leakcheck.Main(m) }

const (
	most = 256 << 10
	id   = "abcdefghijklmnopqrstuvwxyz"
)

// save writes the file of a session that was last used an hour ago, and returns
// its path.
func save(t testing.TB, folder, id, content string) string {
	t.Helper()
	path := filepath.Join(folder, "sess_"+id)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	age(t, path, time.Hour)
	return path
}

func age(t testing.TB, path string, age time.Duration) {
	t.Helper()
	at := time.Now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// newStore returns a store of sessions that do not expire.
func newStore(t testing.TB, savePath string) *Store {
	t.Helper()
	s, err := New(savePath, &Options{Lifetime: -1})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fetch(t testing.TB, s *Store, id string) (string, error) {
	t.Helper()
	record := s.Fetch(t.Context(), []string{id}, most)[0]
	return string(record.Data), record.Err
}

func TestFetch(t *testing.T) {
	folder := t.TempDir()
	s := newStore(t, folder)
	save(t, folder, id, "session")
	save(t, folder, "empty", "")
	save(t, folder, "long", strings.Repeat("x", most+1))
	save(t, folder, "fits", strings.Repeat("x", most))
	records := s.Fetch(t.Context(), []string{"none", id, "empty", "long", "fits", id}, most)
	if string(records[1].Data) != "session" || string(records[5].Data) != "session" || len(records[4].Data) != most {
		t.Errorf("the sessions are %v", records)
	}
	for i, want := range []error{session.ErrNotFound, nil, session.ErrNotFound, session.ErrUnreadable, nil, nil} {
		if !errors.Is(records[i].Err, want) {
			t.Errorf("session %d: %v; want %v", i, records[i].Err, want)
		}
	}
	records[1].Data[0] = 'X'
	if string(records[5].Data) != "session" {
		t.Error("records share their bytes")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Fetch(ctx, []string{id}, most)[0].Err; !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
}

func TestLifetime(t *testing.T) {
	folder := t.TempDir()
	for lifetime, limit := range map[time.Duration]time.Duration{0: 1440 * time.Second, time.Minute: time.Minute, -1: 1000 * time.Hour} {
		s, err := New(folder, &Options{Lifetime: lifetime})
		if err != nil {
			t.Fatal(err)
		}
		path := save(t, folder, id, "session")
		age(t, path, limit-10*time.Second)
		if _, err := fetch(t, s, id); err != nil {
			t.Errorf("lifetime %v, before its end: %v", lifetime, err)
		}
		age(t, path, limit+10*time.Second)
		if _, err := fetch(t, s, id); (err == session.ErrNotFound) != (lifetime >= 0) {
			t.Errorf("lifetime %v, after its end: %v", lifetime, err)
		}
		age(t, path, -time.Hour) // by a clock that is ahead
		if _, err := fetch(t, s, id); err != nil {
			t.Errorf("lifetime %v, in the future: %v", lifetime, err)
		}
	}
	if s, err := New(folder, nil); err != nil || s.lifetime != 1440*time.Second {
		t.Errorf("the default is %v, %v", s.lifetime, err)
	}
}

// An id cannot lead out of the folder, nor to a file that PHP did not make.
func TestIDs(t *testing.T) {
	outer := t.TempDir()
	folder := filepath.Join(outer, "sessions")
	if err := os.MkdirAll(filepath.Join(folder, "sess_x"), 0o700); err != nil {
		t.Fatal(err)
	}
	save(t, outer, "secret", "secret")
	save(t, folder, "a_b", "secret")
	for _, id := range []string{
		"", "x/../../sess_secret", "../sess_secret", "/../../sess_secret", "a_b", "a\x00", "a.b", "a b", "a\\b", "ä",
		strings.Repeat("a", 257), filepath.Join(outer, "sess_secret"),
	} {
		if data, err := fetch(t, newStore(t, folder), id); err != session.ErrNotFound {
			t.Errorf("%q: %q, %v", id, data, err)
		}
	}
}

// A folder that is not there says nothing about a session.
func TestNoFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "sessions")
	s := newStore(t, folder)
	for _, ids := range [][]string{{id}, {"other", "../x", id}} {
		for _, record := range s.Fetch(t.Context(), ids, most) {
			if err := record.Err; err == nil || errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrUnreadable) {
				t.Errorf("without a folder: %v", err)
			}
		}
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch(t, s, id); err == nil || errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrUnreadable) || strings.Contains(err.Error(), id) {
		t.Errorf("with a file for a folder: %v", err)
	}
	// It may come back as another one, when the website's cache is cleared.
	for _, content := range []string{"before", "after"} {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		save(t, folder, id, content)
		if data, err := fetch(t, s, id); data != content {
			t.Errorf("%q, %v; want %q", data, err, content)
		}
	}
}

// The fixtures are files that PHP wrote for a real Symfony website.
func TestFixtures(t *testing.T) {
	read := 0
	manifests, err := filepath.Glob(filepath.Join("testdata", "*", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range manifests {
		if files, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "sess_*")); files != nil {
			read += testFixtures(t, path)
		}
	}
	if read < 4 {
		t.Errorf("there are %d sessions", read)
	}
}

func testFixtures(t *testing.T, manifest string) (read int) {
	raw, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var entries map[string]struct {
		Sid, Context string
		Bytes        int
		Who          struct{ User *string }
	}
	if err := json.Unmarshal(raw, &entries); err != nil {
		t.Fatal(err)
	}
	store := newStore(t, absolute(t, filepath.Dir(manifest)))
	for name, entry := range entries {
		if entry.Bytes == 0 {
			continue // signed out
		}
		s, err := session.New(store, nil).Read(t.Context(), entry.Sid)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		read++
		last, _ := s.Lookup("_sf2_attributes", "_security.last_username")
		if user := entry.Who.User; user != nil && last != *user {
			t.Errorf("%s: the last user is %v, want %s", name, last, *user)
		}
	}
	return read
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
