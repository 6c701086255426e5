package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/rollcall-go/rollcall/examples/symfony/website"
	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

func TestMain(m *testing.M) {
	if err := os.Chdir(".."); err != nil { // where the website is
		panic(err)
	}
	leakcheck.Main(m)
}

const committed = "../../firewall/symfony/testdata/generated"

// The fixtures that are committed are what this makes: but for what is by chance,
// a new run makes the same.
func TestCommittedFixtures(t *testing.T) {
	testserver.Try(t, website.Packages, "php", "-r", website.Works)
	out := t.TempDir()
	if err := generate(out, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	made, kept := files(t, out), files(t, committed)
	delete(kept, "README.md")
	if len(made) < 100 {
		t.Fatalf("only %d files were made", len(made))
	}
	if a, b := slices.Sorted(maps.Keys(made)), slices.Sorted(maps.Keys(kept)); !slices.Equal(a, b) {
		t.Fatalf("a new run makes other files than those that are committed; the README there says how.\nnew:       %q\ncommitted: %q", a, b)
	}
	for name := range made {
		fresh, old := read(t, made[name]), read(t, kept[name])
		switch {
		case filepath.Ext(name) == ".token":
			if string(fresh) != string(old) {
				t.Errorf("%s has changed", name)
			}
		case filepath.Base(name) == "manifest.json":
			if a, b := expected(t, fresh), expected(t, old); a != b {
				t.Errorf("%s has changed:\nnew:       %s\ncommitted: %s", name, a, b)
			}
		case len(old) == 0 && len(fresh) > 0:
			t.Errorf("%s is not empty any more", name)
		}
	}
}

// expected is the part of a manifest that is not by chance.
func expected(t *testing.T, manifest []byte) string {
	t.Helper()
	var entries map[string]map[string]any
	if err := json.Unmarshal(manifest, &entries); err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		for _, field := range []string{"sid", "sha256", "bytes", "set_cookie", "old_sid_after_logout", "php", "symfony"} {
			delete(entry, field)
		}
		if who, ok := entry["who"].(map[string]any); ok {
			delete(who, "sf")
		}
	}
	text, err := json.MarshalIndent(entries, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var version = regexp.MustCompile(`\b(sf|v)[0-9]+\.[0-9]+\.[0-9]+`)

// files returns the paths of all files below dir, by their names there without
// the patch version of Symfony.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(dir, path)
			paths[version.ReplaceAllString(name, "$1")] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
