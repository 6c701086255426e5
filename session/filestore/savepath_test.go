package filestore

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

func TestSavePath(t *testing.T) {
	folder := t.TempDir()
	deep := filepath.Join(folder, "a", "b")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	save(t, folder, id, "0")
	save(t, filepath.Dir(deep), id, "1")
	save(t, deep, id, "2")
	save(t, deep, "ab", "short")
	for path, want := range map[string]string{
		folder: "0", folder + "/": "0", "0;" + folder: "0", "1;" + folder: "1", "2;" + folder: "2", "2;0640;" + folder: "2", "02;600;" + folder: "2",
	} {
		if data, err := fetch(t, newStore(t, path), id); data != want {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
	// PHP refuses ids that are not longer than the depth.
	if data, err := fetch(t, newStore(t, "2;"+folder), "ab"); err != session.ErrNotFound {
		t.Errorf("a short id: %q, %v", data, err)
	}
	if _, err := fetch(t, newStore(t, "3;"+folder), id); err != session.ErrNotFound {
		t.Errorf("without the folders: %v", err)
	}
	for path, want := range map[string]string{
		"": "no folder", "2;": "no folder", "2;0640;": "no folder", "var/sessions": "relative", "x;" + folder: "depth", "-1;" + folder: "depth",
		"33;" + folder: "depth", ";" + folder: "depth", "1;;" + folder: "octal", "1;9;" + folder: "octal", "1;0600;x;" + folder: "relative",
		"/srv/%kernel.environment%/sessions": "Symfony", folder + "\x00": "zero byte",
	} {
		if _, err := New(path, nil); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "filestore: ") {
			t.Errorf("%q: %v; want an error with %q", path, err, want)
		}
	}
}

func TestDSN(t *testing.T) {
	for dsn, want := range map[string]Store{
		"file:///srv/sessions":                            {savePath{"/srv/sessions", 0, "sess_"}, 1440 * time.Second},
		"file://2;0640;/srv/sessions/":                    {savePath{"/srv/sessions", 2, "sess_"}, 1440 * time.Second},
		"file:///srv/100%/a+b?gc_maxlifetime=7200":        {savePath{"/srv/100%/a+b", 0, "sess_"}, 2 * time.Hour},
		"FILE:///srv?gc_maxlifetime=1&gc_maxlifetime=60":  {savePath{"/srv", 0, "sess_"}, time.Minute},
		"file:///srv/sessions?":                           {savePath{"/srv/sessions", 0, "sess_"}, 1440 * time.Second},
		"file:///srv/sessions?gc_maxlifetime=0":           {},
		"file:///srv/sessions?gc_maxlifetime=-5":          {},
		"file:///srv/sessions?gc_maxlifetime=99999999999": {},
		"file:///srv/sessions?gc_maxlifetime=24m":         {},
		"file:///srv/sessions?lifetime=7200":              {},
		"file:///srv/sessions?%":                          {},
		"file://":                                         {},
		"file:/srv/sessions":                              {},
		"file://srv/sessions":                             {},
		"file":                                            {},
	} {
		s, err := fromDSN(dsn)
		if valid := want.place.folder != ""; valid && (err != nil || *s != want) || !valid && err == nil {
			t.Errorf("%s: %v, %v", dsn, s, err)
		}
	}
	if _, err := session.Open("file://nowhere", nil); err == nil || !strings.HasPrefix(err.Error(), "filestore: ") {
		t.Errorf("session.Open: %v", err)
	}
}

func FuzzDSN(f *testing.F) {
	for _, seed := range []string{"file:///srv/sessions", "file://2;0640;/x?gc_maxlifetime=5", "file://;;;", "file:///%kernel.cache_dir%", "file:///a/../b?%", "file"} {
		f.Add(seed, id)
	}
	f.Add("file:///srv", "../x")
	f.Fuzz(func(t *testing.T, dsn, id string) {
		s, err := fromDSN(dsn)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "filestore: ") {
				t.Fatal(err)
			}
			return
		}
		path, ok := s.place.file(id)
		if !ok {
			return
		}
		// As many levels within the folder as there should be.
		within, err := filepath.Rel(s.place.folder, path)
		parts := strings.Split(within, string(filepath.Separator))
		if err != nil || len(parts) != s.place.depth+1 || parts[s.place.depth] != "sess_"+id || slices.Contains(parts, "..") {
			t.Fatalf("%q of %q is in %q", id, dsn, path)
		}
	})
}
