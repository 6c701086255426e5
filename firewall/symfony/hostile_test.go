package symfony_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/symfony"
	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
)

// tokens returns the tokens of fixtures whose file names match a pattern.
func tokens(tb testing.TB, pattern string) (all [][]byte) {
	tb.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		tb.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

func fixtureUsers(tb testing.TB) func(context.Context, *session.Session) (*firewall.Identity, error) {
	f, err := symfony.New(&symfony.Options{Contexts: []string{"main"}, Users: users})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// A token that lacks its end, or has more than one, signs nobody in.
func TestTruncated(t *testing.T) {
	identify := fixtureUsers(t)
	for _, token := range tokens(t, "testdata/given/tokens/v*/*.token") {
		for n := range token {
			if id, err := identify(t.Context(), withToken(token[:n])); id != nil || err == nil {
				t.Fatalf("the first %d bytes of %q: %+v, %v", n, token, id, err)
			}
		}
		for _, more := range []string{"\x00", "}", ";", " ", "\n", "N;", string(token)} {
			if id, err := identify(t.Context(), withToken(append(slices.Clip(token), more...))); id != nil || err == nil {
				t.Fatalf("%q after %q: %+v, %v", more, token, id, err)
			}
		}
	}
}

// Whatever one byte is changed, removed or there twice: the user is who he was,
// or who acts as him if the byte is in a reference, or nobody, unless the byte is
// in the name itself. He never has a role that he did not have, unless the byte
// is in the role itself, and is never more trusted.
func TestOneByte(t *testing.T) {
	identify := fixtureUsers(t)
	signedIn := 0
	for _, token := range tokens(t, "testdata/given/tokens/v[46]*/[US]*.token") {
		was, _ := identify(t.Context(), withToken(token))
		if was == nil {
			continue
		}
		own := func(at int, text string) bool { // the byte is in the text
			from := max(0, at-len(text)-1)
			return text != "" && bytes.Contains(token[from:min(len(token), at+len(text)+1)], []byte(text))
		}
		for at := range token {
			for _, mutant := range oneByte(token, at) {
				id, _ := identify(t.Context(), withToken(mutant))
				if id == nil {
					continue
				}
				signedIn++
				if id.User != was.User && id.User != was.Impersonator && !own(at, was.User) {
					t.Fatalf("byte %d of %q: %q became %q", at, token, was.User, id.User)
				}
				for _, role := range id.Roles {
					if !slices.Contains(was.Roles, role) && !slices.ContainsFunc(was.Roles, func(r string) bool { return own(at, r) }) {
						t.Fatalf("byte %d of %q: the roles %q became %q", at, token, was.Roles, id.Roles)
					}
				}
				if was.Remembered && !id.Remembered || was.Impersonator != "" && id.Impersonator == "" {
					t.Fatalf("byte %d of %q: %+v became %+v", at, token, was, id)
				}
			}
		}
	}
	if signedIn < 1000 {
		t.Errorf("only %d changed tokens still sign somebody in: the test does not see what it is for", signedIn)
	}
}

// oneByte returns what becomes of data when the byte at is changed, removed, and
// there twice.
func oneByte(data []byte, at int) (mutants [][]byte) {
	for _, b := range []byte{data[at] ^ 1, data[at] ^ 0x20, '0', '1', 0} {
		if b != data[at] {
			m := slices.Clone(data)
			m[at] = b
			mutants = append(mutants, m)
		}
	}
	return append(mutants, slices.Delete(slices.Clone(data), at, at+1), slices.Insert(slices.Clone(data), at, data[at]))
}

// TestLikeSymfony asks Symfony itself about tokens that have been changed at
// random: whoever is signed in here is who Symfony says, or who it was before the
// change.
func TestLikeSymfony(t *testing.T) {
	testserver.Try(t, "php-cli php-symfony-security-core php-symfony-security-guard php-symfony-security-http", "php", "-r",
		"foreach (['Core', 'Guard', 'Http'] as $c) is_file(\"/usr/share/php/Symfony/Component/Security/$c/autoload.php\") || exit(1);")
	const class = `App\User`
	identify, err := symfony.New(&symfony.Options{Contexts: []string{"main"}, Users: map[string]symfony.Identifier{class: symfony.Property("email")}})
	if err != nil {
		t.Fatal(err)
	}
	user := object(class, private(class, "email"), text("root"), private(class, "roles"), list(), private(class, "password"), text("pw"))
	seeds := tokens(t, "testdata/given/tokens/v5*/*.inmemory.token")
	seeds = append(seeds, tokens(t, "testdata/given/tokens/v5*/*.string.token")...)
	for _, s := range []string{
		login(abstract(user, "ROLE_A", "ROLE_B")), switched(login(abstract(user)), abstract(text("bob"), "R")),
		switched(login(abstract(user)), abstract("r:6;", "R")), written(rememberMe, text("s"), text("main"), abstract(user, "ROLE_A")),
		written(twoFactor, login(abstract(user)), null, text("main"), list(), list(), list()),
		login(list(user, yes, null, list(), array("i:3;", text("A"), text("x"), text("B")))),
		custom(usernamePassword, list(null, text("main"), text(list(text("old"), yes, list(), list(), list(text("R")))))),
		written(usernamePassword, null, text("main"), text(list(user, yes, null, list(), list(text("R"))))),
		written(switchUser, login(abstract(user)), list(null, text("main"), abstract(text("bob"), "R"))),
	} {
		seeds = append(seeds, []byte(s))
	}
	random := rand.New(rand.NewPCG(7, 3)) // the same every time
	var changed, was [][]byte
	for _, seed := range seeds {
		for i := range 120 {
			m := slices.Clone(seed)
			if i > 0 {
				m = mutate(random, m)
			}
			changed, was = append(changed, m), append(was, seed)
		}
	}
	theirs := whois(t, changed)
	agreed, stricter := 0, 0
	for i, m := range changed {
		ours, before := say(identify, m), say(identify, was[i])
		if ours == "nobody" {
			if theirs[i] != "nobody" {
				stricter++
			}
			continue
		}
		if ours != theirs[i] && ours != before {
			t.Errorf("%q:\n%s; Symfony says %s", m, ours, theirs[i])
		}
		if ours == theirs[i] {
			agreed++
		}
	}
	t.Logf("of %d tokens %d sign somebody in here and there, %d only there", len(changed), agreed, stricter)
	if agreed < len(changed)/8 {
		t.Errorf("of %d tokens only %d sign the same user in here and there", len(changed), agreed)
	}
}

// say returns what testdata/whois.php says.
func say(identify func(context.Context, *session.Session) (*firewall.Identity, error), token []byte) string {
	id, _ := identify(context.Background(), withToken(token))
	if id == nil {
		return "nobody"
	}
	roles := id.Roles
	if roles == nil {
		roles = []string{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode([]any{id.User, roles, id.Remembered, id.Impersonator}); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

func whois(t *testing.T, tokens [][]byte) []string {
	t.Helper()
	var in strings.Builder
	for _, token := range tokens {
		fmt.Fprintf(&in, "%x\n", token)
	}
	cmd := exec.CommandContext(t.Context(), "php", "testdata/whois.php")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(lines) != len(tokens) {
		t.Fatalf("php: %d answers, %v: %.300s", len(lines), err, out)
	}
	return lines
}

// mutate changes, removes or doubles a piece of data.
func mutate(random *rand.Rand, data []byte) []byte {
	if len(data) == 0 {
		return data
	}
	const alphabet = "0123456789:;{}\"abiNOrRs\x00"
	at := random.IntN(len(data))
	end := min(len(data), at+1+random.IntN(20))
	switch random.IntN(10) {
	case 0:
		return slices.Delete(data, at, at+1)
	case 1:
		return slices.Insert(data, at, slices.Clone(data[at:end])...)
	case 2: // a digit, so that lengths, keys and references change
		if i := bytes.IndexAny(data[at:], "0123456789"); i >= 0 {
			data[at+i] = '0' + byte(random.IntN(10))
		}
		return data
	case 3: // a value in the place of another
		if i := bytes.IndexByte(data[at:], ';'); i >= 0 {
			values := []string{"N;", "b:0;", "b:1;", "i:0;", "i:1;", "a:0:{}", "r:1;", "r:6;", "R:4;", "R:6;", `s:1:"x";`}
			return slices.Insert(data, at+i+1, []byte(values[random.IntN(len(values))])...)
		}
		return data
	case 4, 5, 6, 7: // a letter, so that lengths are right
		if b := data[at]; 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z' {
			data[at] = b&^31 + byte(1+random.IntN(26))
		}
		return data
	}
	data[at] = alphabet[random.IntN(len(alphabet))]
	return data
}

// FuzzToken checks what holds for every token: an identity or an error, never
// both, a name and roles within their limits, no user of an unknown class of
// token, and none in a token that lacks its end.
func FuzzToken(f *testing.F) {
	for _, dir := range []string{"testdata/given/tokens/v*/*.token", "testdata/generated/tokens/*/*.token"} {
		for _, token := range tokens(f, dir) {
			f.Add(token)
		}
	}
	f.Add([]byte(old(oldUserObject("bob"), object(switchRole, private(role, "role"), text("R"), private(switchRole, "source"), old(oldUserObject("root"))))))
	f.Add([]byte(custom(usernamePassword, list(null, text("main"), text(list(oldUserObject("bob"), yes, list(roleObject("R")), list()))))))
	f.Add([]byte(login(list(inMemory("alice"), yes, null, list(), array("i:3;", text("A"), text("x"), text("B"))))))
	identify := fixtureUsers(f)
	sentinels := []error{symfony.ErrTokenClass, symfony.ErrMalformed, symfony.ErrUnauthenticated, symfony.ErrUserClass, symfony.ErrOpaqueUser,
		symfony.ErrNoIdentifier, symfony.ErrAmbiguous, symfony.ErrRoles, symfony.ErrLimit, symfony.ErrEncoding}
	good := func(s string) bool { return s != "" && len(s) <= 255 && utf8.ValidString(s) }
	f.Fuzz(func(t *testing.T, token []byte) {
		id, err := identify(t.Context(), withToken(token))
		if err != nil {
			if id != nil || !slices.ContainsFunc(sentinels, func(s error) bool { return errors.Is(err, s) }) {
				t.Fatalf("%+v, %v", id, err)
			}
			return
		}
		m := class.FindSubmatch(token)
		if m == nil || !bytes.HasPrefix(m[1], []byte(`Symfony\Component\Security\`)) {
			t.Fatalf("%+v of no token of Symfony's", id)
		}
		if id == nil {
			if c := string(m[1]); c != anonymousToken && c != nullToken {
				t.Fatalf("nobody, and no reason, of a %s", c)
			}
			return
		}
		if !good(id.User) || len(id.Roles) > 64 || slices.ContainsFunc(id.Roles, func(r string) bool { return !good(r) }) {
			t.Fatalf("%+v", id)
		}
		if id.Impersonator != "" && !good(id.Impersonator) || id.Anonymous || id.Context != "main" {
			t.Fatalf("%+v", id)
		}
		if !bytes.Contains(token, []byte(id.User)) || !bytes.Contains(token, []byte(id.Impersonator)) {
			t.Fatalf("%+v is not in the token", id)
		}
		if id, err := identify(t.Context(), withToken(token[:len(token)-1])); id != nil || err == nil {
			t.Fatalf("without its end it still is %+v", id)
		}
	})
}
