package symfony_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/firewall/symfony"
	"github.com/rollcall-go/rollcall/internal/leakcheck"
)

func TestMain(m *testing.M) { leakcheck.Main(m) }

// fixturesEnv names folders that are checked, as PATH does. An empty name, as in
// ":/some/folder", is the repository's own.
const fixturesEnv = "ROLLCALL_FIXTURES"

// ownFixtures are the folders of the repository.
var ownFixtures = []string{"testdata", "../../session/phpserialize/testdata/corpus", "../../session/php/testdata/edge"}

// users are the classes of the websites that wrote the fixtures.
var users = map[string]symfony.Identifier{
	`App\Security\EntityUser`:           symfony.Property("email"),
	`App\Security\Sf73User`:             symfony.Property("email"),
	`App\Security\MagicUser`:            symfony.Index(1),
	`App\Security\SerializableUser`:     symfony.Index(1),
	`App\Security\JsonSerializableUser`: symfony.Property("u"),
}

// A tally counts what was checked.
type tally struct {
	folders, sessions, refused, tokens, corpus, edge, wrapped int

	missing []string // listed in a manifest, but not kept
}

func (n *tally) String() string {
	return fmt.Sprintf("%d folders: %d sessions (%d of them msgpack, refused), %d sessions in marshallers, %d tokens, %d corpus files, %d edge cases; %d listed files are not kept",
		n.folders, n.sessions, n.refused, n.wrapped, n.tokens, n.corpus, n.edge, len(n.missing))
}

// TestFixtures checks all sessions and tokens of real websites that it finds
// below the folders that the environment variable ROLLCALL_FIXTURES lists, or
// below the repository's own. Whatever has a manifest.json is recognised by what
// is in that, and not by its name.
func TestFixtures(t *testing.T) {
	roots := filepath.SplitList(cmp.Or(os.Getenv(fixturesEnv), string(filepath.ListSeparator)))
	if i := slices.Index(roots, ""); i >= 0 {
		roots = append(slices.DeleteFunc(roots, func(root string) bool { return root == "" }), ownFixtures...)
	}
	var n tally
	for _, root := range roots {
		before := n.folders
		for _, dir := range foldersBelow(t, root) {
			if hasFixtures(dir) {
				t.Run(filepath.ToSlash(dir), func(t *testing.T) { n.check(t, dir) })
			}
		}
		if n.folders == before {
			t.Errorf("%s: there is no manifest.json in it, nor in a folder below it", root)
		}
	}
	if n.sessions+n.tokens+n.corpus+n.edge == 0 {
		t.Errorf("nothing was checked in %s", roots)
	}
	t.Log(&n)
	fmt.Printf("fixtures: %v\n", &n)
}

// foldersBelow returns root and all folders below it.
func foldersBelow(t *testing.T, root string) (dirs []string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

// hasFixtures reports whether a folder has a manifest, or sessions of marshallers.
func hasFixtures(dir string) bool {
	manifests, _ := filepath.Glob(filepath.Join(dir, "manifest.json"))
	keys, _ := filepath.Glob(filepath.Join(dir, "*.hex"))
	return len(manifests)+len(keys) > 0
}

func (n *tally) check(t *testing.T, dir string) {
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if errors.Is(err, fs.ErrNotExist) {
		n.checkMarshallers(t, dir)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	n.folders++
	var top map[string]json.RawMessage
	if err := json.Unmarshal(data, &top); err != nil {
		t.Fatalf("the manifest cannot be read: %v", err)
	}
	if cases, ok := top["cases"]; ok {
		n.checkCorpus(t, dir, decode[map[string]corpusCase](t, cases))
		return
	}
	kind := ""
	for name, raw := range top {
		of := kindOf(dir, name, raw)
		if of == "" || kind != "" && of != kind {
			t.Fatalf("the manifest's entry %q is not understood: %s", name, raw)
		}
		kind = of
	}
	switch kind {
	case "session":
		n.checkSessions(t, dir, decode[map[string]sessionEntry](t, data))
	case "token":
		n.checkTokens(t, dir, decode[map[string]tokenEntry](t, data))
	case "edge":
		n.checkEdge(t, dir, decode[map[string]edgeEntry](t, data))
	default:
		t.Fatal("the manifest is empty")
	}
}

// kindOf tells by its keys, or by the file that there is, what an entry of a
// manifest is about.
func kindOf(dir, name string, raw json.RawMessage) string {
	var entry map[string]json.RawMessage
	if json.Unmarshal(raw, &entry) != nil {
		return ""
	}
	has := func(keys ...string) bool {
		return !slices.ContainsFunc(keys, func(key string) bool { _, ok := entry[key]; return !ok })
	}
	switch {
	case has("file", "context", "who"):
		return "session"
	case has("user", "roles", "authenticated"):
		return "token"
	case has("decodes", "keys"):
		return "edge"
	}
	if _, err := os.Stat(filepath.Join(dir, name+".token")); err == nil {
		return "token"
	}
	return ""
}

func decode[T any](t *testing.T, data []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("the manifest is not understood: %v", err)
	}
	return v
}

// read returns a file that a manifest lists, if it is kept.
func (n *tally) read(t *testing.T, dir, name string) (data []byte, ok bool) {
	t.Helper()
	path := filepath.Join(dir, name)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		n.missing = append(n.missing, path)
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return data, true
}

// readable reports whether a token of these classes may sign somebody in: it is
// one of Symfony's, and the user is not written as only PHP can read him.
func readable(tokenClass, userClass string) bool {
	return strings.HasPrefix(tokenClass, `Symfony\Component\Security\`) && !strings.HasSuffix(userClass, `\JsonSerializableUser`)
}

const (
	coreTokens = `Symfony\Component\Security\Core\Authentication\Token\`
	rememberMe = coreTokens + "RememberMeToken"
	switchUser = coreTokens + "SwitchUserToken"
)
