package symfony_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/firewall/symfony"
)

// What PHP makes of references is what counts.
func TestReferences(t *testing.T) {
	who := func(token string) string {
		t.Helper()
		id, err := of(t, token, symfony.Options{Users: map[string]symfony.Identifier{`App\User`: symfony.Property("email")}})
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%s %q", id.User, id.Impersonator)
	}
	opaque := custom(`App\Opaque`, "{}")
	tests := []struct{ name, token, want string }{
		// The user of the token of switch_user is that of the original one.
		{"himself", switched(alice, abstract("r:6;")), `alice "alice"`},
		// As he is in real sessions: an object that is there already.
		{"the user's friend", switched(login(abstract(object(`App\User`, text("email"), text("root"), text("friend"), inMemory("bob")), "R")), abstract("r:8;")), `bob "root"`},
		{"the identifier", login(abstract(object(`App\User`, text("name"), text("alice"), text("email"), "R:6;"))), `alice ""`},
		{"to what is no user", login(abstract("R:3;")), `main ""`},
		{"to the token itself", login(abstract("r:1;")), "symfony: the user is of an unknown class: "},
		{"the original token is this one", switched("r:1;", abstract(inMemory("bob"))), "symfony: malformed token"},
		{"to the list he is in", login("R:1;"), "symfony: malformed token"},
		{"a list that is its own parent", written(usernamePassword, null, text("main"), "a:5:{i:0;R:4;i:1;b:1;i:2;N;i:3;a:0:{}i:4;a:0:{}}"), "symfony: malformed token"},
		{"behind what only PHP can read", written(usernamePassword, opaque, text("main"), abstract("r:3;")), "symfony: malformed token"},
		{"an identifier behind what only PHP can read", login(abstract(object(`App\User`, text("o"), opaque, text("email"), "R:6;"))), "symfony: the user has no identifier"},
		{"authenticated, behind what only PHP can read", written(usernamePassword, opaque, text("main"), list(inMemory("a"), "R:1;", null, list(), list())), "symfony: malformed token"},
		{"roles behind what only PHP can read", written(usernamePassword, opaque, text("main"), list(inMemory("a"), yes, null, list(), list("R:9;"))), "symfony: the token does not say which roles"},
		{"forwards", login(abstract("r:9;")), "symfony: malformed token"},
	}
	for _, test := range tests {
		if got := who(test.token); !strings.HasPrefix(strings.TrimPrefix(got, "firewall: unreadable session: "), test.want) {
			t.Errorf("%s: %s; want %s", test.name, got, test.want)
		}
	}
}

func TestIdentifiers(t *testing.T) {
	const class, base, proxy = `App\User`, `App\Base`, `Proxies\__CG__\App\User`
	tests := []struct {
		name string
		user string
		at   symfony.Identifier
		want string
	}{
		{"public", object(class, text("email"), text("a")), symfony.Property("email"), "a"},
		{"protected", object(class, protected("email"), text("a")), symfony.Property("email"), "a"},
		{"private", object(class, private(class, "email"), text("a")), symfony.Property("email"), "a"},
		{"private of what it extends", object(class, private(base, "email"), text("a")), symfony.Property("email"), "a"},
		{"private of one of two", object(class, private(base, "email"), text("a"), private(class, "email"), text("b")), symfony.Property(base + "::email"), "a"},
		{"private of the other", object(class, private(base, "email"), text("a"), private(class, "email"), text("b")), symfony.Property(class + "::email"), "b"},
		{"not first", object(class, text("id"), "i:1;", text("email"), text("a"), text("name"), text("c")), symfony.Property("email"), "a"},
		{"twice", object(class, text("email"), text("a"), text("email"), text("b")), symfony.Property("email"), "b"},
		{"a key", custom(class, array(text("email"), text("a"))), symfony.Property("email"), "a"},
		{"a list", written(class, "i:7;", text("a")), symfony.Index(1), "a"},
		{"first of a list", written(class, text("a"), text("b")), symfony.Index(0), "a"},
		{"a list of serialize()", custom(class, list("i:7;", text("a"))), symfony.Index(1), "a"},
		{"a key that is an integer", custom(class, array(text("7"), text("a"))), symfony.Index(7), "a"},
		{"a proxy", object(proxy, text("__isInitialized__"), yes, private(class, "email"), text("a")), symfony.Property("email"), "a"},
		{"a proxy, private", object(proxy, private(base, "email"), text("b"), private(class, "email"), text("a")), symfony.Property(class + "::email"), "a"},
		{"a proxy, protected", object(proxy, private(base, "email"), text("b"), protected("email"), text("a")), symfony.Property(class + "::email"), "a"},
		{"the longest", object(class, text("email"), text(strings.Repeat("a", 255))), symfony.Property("email"), strings.Repeat("a", 255)},
		{"in UTF-8", object(class, text("email"), text("Žofie „Ž” 🚀")), symfony.Property("email"), "Žofie „Ž” 🚀"},
	}
	for _, test := range tests {
		id, err := of(t, login(abstract(test.user)), symfony.Options{Users: map[string]symfony.Identifier{class: test.at}})
		if err != nil || id.User != test.want {
			t.Errorf("%s: %+v, %v; want %s", test.name, id, err, test.want)
		}
	}
	// A configured class goes before the one that a proxy stands for.
	id, err := of(t, login(abstract(object(proxy, text("email"), text("a"), text("id"), text("b")))),
		symfony.Options{Users: map[string]symfony.Identifier{class: symfony.Property("email"), proxy: symfony.Property("id")}})
	if err != nil || id.User != "b" {
		t.Errorf("%+v, %v", id, err)
	}
	for number, want := range map[string]string{"i:7;": "7", "i:0;": "0", "i:-9223372036854775808;": "-9223372036854775808"} {
		users := map[string]symfony.Identifier{class: symfony.Property("id")}
		id, err := of(t, login(abstract(object(class, text("id"), number))), symfony.Options{Users: users, IntegerIdentifiers: true})
		if err != nil || id.User != want {
			t.Errorf("%s: %+v, %v", number, id, err)
		}
	}
	most := slices.Repeat([]string{strings.Repeat("R", 255)}, 64)
	if id, err = of(t, login(abstract(inMemory("a"), most...)), symfony.Options{}); err != nil || len(id.Roles) != 64 {
		t.Errorf("%+v, %v", id, err)
	}
}
