package symfony_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/symfony"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// of returns what a token says with these options, in the context main.
func of(t *testing.T, token string, opts symfony.Options) (*firewall.Identity, error) {
	t.Helper()
	opts.Contexts = []string{"main"}
	identify, err := symfony.New(&opts)
	if err != nil {
		t.Fatal(err)
	}
	id, err := identify(context.Background(), withToken([]byte(token)))
	if id != nil && err != nil {
		t.Errorf("an identity %+v and an error: %v", id, err)
	}
	return id, err
}

// Layouts that there are, by version of Symfony.
func TestLayouts(t *testing.T) {
	who := func(user, by string, remembered bool, roles ...string) string {
		return fmt.Sprintf("%s %q %q %t", user, roles, by, remembered)
	}
	inner := list(oldUserObject("bob"), yes, list(roleObject("ROLE_A"), roleObject("ROLE_B")), list())
	source := old(oldUserObject("root"), roleObject("ROLE_ROOT"))
	switchedRole := object(switchRole, private(role, "role"), text("ROLE_PREVIOUS_ADMIN"), private(switchRole, "source"), source)
	names := list(text("ROLE_A"), text("ROLE_B"))
	tests := []struct{ name, token, want string }{
		{"6", alice, who("alice", "", false, "ROLE_USER", "ROLE_EDITOR")},
		{"6, without roles", login(abstract(inMemory("alice"))), "alice [] \"\" false"},
		{"6, of a reader of headers", written(preAuthenticated, null, text("main"), abstract(inMemory("a"), "R")), who("a", "", false, "R")},
		{"6, of an authenticator", written(post, text("main"), abstract(inMemory("a"), "R")), who("a", "", false, "R")},
		{"5, of a guard", written(postGuard, text("main"), abstract(inMemory("a"), "R")), who("a", "", false, "R")},
		{"6, remembered", written(rememberMe, text("secret"), text("main"), abstract(inMemory("a"), "R")), who("a", "", true, "R")},
		{"7.2, remembered", written(rememberMe, null, text("main"), abstract(inMemory("a"), "R")), who("a", "", true, "R")},
		{"6, switched", switched(alice, abstract(inMemory("bob"), "R")), who("bob", "alice", false, "R")},
		{"5.1, switched", written(switchUser, alice, list(null, text("main"), abstract(inMemory("bob"), "R"))), who("bob", "alice", false, "R")},
		{"6, a remembered one switched", switched(written(rememberMe, null, text("main"), abstract(inMemory("r"), "R")), abstract(inMemory("bob"))), "bob [] \"r\" false"},
		{"5, a string", login(abstract(text("pepa"), "R")), who("pepa", "", false, "R")},
		{"5.2, an in-memory user", login(abstract(oldUserObject("bob"), "R")), who("bob", "", false, "R")},
		{"5.3, an in-memory user", login(abstract(object(inMemoryUser, private(oldUser, "username"), text("bob")), "R")), who("bob", "", false, "R")},
		{"4.4, of LDAP", login(abstract(object(ldapUser, private(ldapUser, "username"), text("bob")), "R")), who("bob", "", false, "R")},
		{"7.3, roles with other keys", login(list(inMemory("a"), yes, null, list(), array("i:0;", text("ROLE_A"), "i:2;", text("ROLE_B"), text("x"), text("ROLE_C")))), who("a", "", false, "ROLE_A", "ROLE_B", "ROLE_C")},
		{"4.4, roles twice", login(list(oldUserObject("bob"), yes, list(roleObject("ROLE_OTHER")), list(), names)), who("bob", "", false, "ROLE_A", "ROLE_B")},
		{"4.4, roles of a class of the website's, and their names", login(list(oldUserObject("bob"), yes, list(object("App\\Role")), list(), names)), who("bob", "", false, "ROLE_A", "ROLE_B")},
		{"4.4, switched", written(switchUser, source, list(null, text("main"), list(oldUserObject("bob"), yes, list(switchedRole), list(), names))), who("bob", "root", false, "ROLE_A", "ROLE_B")},
		{"4.3 on PHP 7.3", custom(usernamePassword, list(null, text("main"), list(oldUserObject("bob"), yes, list(), list(), names))), who("bob", "", false, "ROLE_A", "ROLE_B")},
		{"4.3 on PHP 7.3, switched", custom(switchUser, list(source, list(null, text("main"), list(oldUserObject("bob"), yes, list(), list(), names)))), who("bob", "root", false, "ROLE_A", "ROLE_B")},
		{"3.4", custom(usernamePassword, list(null, text("main"), inner)), who("bob", "", false, "ROLE_A", "ROLE_B")},
		{"3.4, remembered", custom(rememberMe, list(text("secret"), text("main"), inner)), who("bob", "", true, "ROLE_A", "ROLE_B")},
		{"3.4, of a guard", custom(postGuard, list(text("main"), inner)), who("bob", "", false, "ROLE_A", "ROLE_B")},
		{"3.4, switched", old(oldUserObject("bob"), roleObject("ROLE_A"), switchedRole), who("bob", "root", false, "ROLE_A", "ROLE_PREVIOUS_ADMIN")},
		{"2.8", custom(usernamePassword, list(null, text("main"), text(inner))), who("bob", "", false, "ROLE_A", "ROLE_B")},
		{"2.8, a guard", custom(postGuard, list(text("main"), text(inner))), who("bob", "", false, "ROLE_A", "ROLE_B")},
		{"anonymous", written(anonymousToken, text("secret"), abstract(text("anon."))), "nobody"},
		{"2.8, anonymous", custom(anonymousToken, list(text("secret"), text(list(text("anon."), yes, list(), list())))), "nobody"},
		{"null", object(nullToken), "nobody"},
	}
	for _, test := range tests {
		id, err := of(t, test.token, symfony.Options{})
		got := "nobody"
		if id != nil {
			got = fmt.Sprintf("%s %q %q %t", id.User, id.Roles, id.Impersonator, id.Remembered)
		}
		if err != nil || got != test.want {
			t.Errorf("%s: %s, %v; want %s", test.name, got, err, test.want)
		}
	}
}

// Tokens of a two-factor login: scheb/2fa, TwoFactorToken::__serialize().
func TestTwoFactor(t *testing.T) {
	inProgress := written(twoFactor, alice, null, text("main"), list(), list(text("totp")), list())
	for name, token := range map[string]string{
		"a second factor is missing": inProgress,
		"with serialize()":           custom(twoFactor, list(alice, null, text("main"), list(), list(text("totp")), list())),
		"one of another bundle":      written(`Acme\TwoFactorToken`, alice, null, text("main")),
		"in the case of PHP":         written(strings.ToLower(usernamePassword), null, text("main"), abstract(inMemory("alice"))),
		"with a leading backslash":   written(usernamePassword+"2", null, text("main"), abstract(inMemory("alice"))),
	} {
		if id, err := of(t, token, symfony.Options{}); id != nil || !errors.Is(err, symfony.ErrTokenClass) {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	// Nor does it stand for who switches to another user.
	if id, err := of(t, switched(inProgress, abstract(inMemory("bob"))), symfony.Options{}); id != nil || !errors.Is(err, symfony.ErrTokenClass) {
		t.Errorf("%+v, %v", id, err)
	}
	_, err := of(t, inProgress, symfony.Options{})
	if err == nil || !strings.Contains(err.Error(), "second factor") {
		t.Errorf("%v", err)
	}
	if _, err := symfony.New(&symfony.Options{Contexts: []string{"main"}, Tokens: map[string]symfony.Layout{twoFactor: {Len: 6}}}); err == nil {
		t.Error("a second factor can be left out by configuration")
	}
}

// Each way in which a token can be refused.
func TestRefused(t *testing.T) {
	user := inMemory("alice")
	own := func(pairs ...string) string { return login(abstract(object(`App\User`, pairs...), "R")) }
	email := map[string]symfony.Identifier{`App\User`: symfony.Property("email")}
	element := map[string]symfony.Identifier{`App\User`: symfony.Index(1)}
	many := slices.Repeat([]string{"ROLE_X"}, 65)
	original := login(abstract(inMemory("root")))
	tests := []struct {
		name  string
		token string
		users map[string]symfony.Identifier
		want  error
	}{
		{"an unknown token", written(`App\Token`, null, text("main"), abstract(user)), nil, symfony.ErrTokenClass},
		{"a plain object", object("stdClass", text("user"), user), nil, symfony.ErrTokenClass},
		{"the user in the place of the token", user, nil, symfony.ErrTokenClass},

		{"no PHP", "alice", nil, symfony.ErrMalformed},
		{"no PHP, again", "alice", nil, phpserialize.ErrSyntax},
		{"an empty string", "", nil, symfony.ErrMalformed},
		{"bytes after it", alice + "x", nil, symfony.ErrMalformed},
		{"a string", text(usernamePassword), nil, symfony.ErrMalformed},
		{"an array", list(null, text("main"), abstract(user)), nil, symfony.ErrMalformed},
		{"a case of an enumeration", fmt.Sprintf(`E:%d:"%s:A";`, len(usernamePassword)+2, usernamePassword), nil, symfony.ErrMalformed},
		{"properties in the place of a list", object(usernamePassword, text("credentials"), null, text("firewall"), text("main"), text("parent"), abstract(user)), nil, symfony.ErrMalformed},
		{"another order", fmt.Sprintf(`O:%d:"%s":3:{i:1;s:4:"main";i:0;N;i:2;%s}`, len(usernamePassword), usernamePassword, abstract(user)), nil, symfony.ErrMalformed},
		{"an element more", written(usernamePassword, null, text("main"), abstract(user), null), nil, symfony.ErrMalformed},
		{"an element less", written(usernamePassword, text("main"), abstract(user)), nil, symfony.ErrMalformed},
		{"a key twice", fmt.Sprintf(`O:%d:"%s":4:{i:0;N;i:1;s:4:"main";i:2;%s;i:2;%s}`, len(usernamePassword), usernamePassword, list(), abstract(user)), nil, symfony.ErrMalformed},
		{"a key twice, and no other", fmt.Sprintf(`O:%d:"%s":3:{i:0;N;i:2;%s;i:2;%s}`, len(usernamePassword), usernamePassword, list(), abstract(user)), nil, symfony.ErrMalformed},
		{"very many elements", written(usernamePassword, slices.Repeat([]string{null}, 99)...), nil, symfony.ErrMalformed},
		{"an opaque token", custom(usernamePassword, "alice"), nil, symfony.ErrMalformed},
		{"a token that wrote a string", custom(usernamePassword, text("alice")), nil, symfony.ErrMalformed},
		{"a token that wrote an object", custom(usernamePassword, written("stdClass", null, text("main"), abstract(user))), nil, symfony.ErrMalformed},
		{"a parent in a string that is an object", written(usernamePassword, null, text("main"), text(written("stdClass", user, yes, null, list(), list()))), nil, symfony.ErrMalformed},
		{"a parent in a string, and an object twice", written(usernamePassword, null, text("main"), text(list(oldUserObject("bob"), yes, list(), list(list(object("stdClass")), "r:8;"), list()))), nil, symfony.ErrMalformed},
		{"a parent in a string, and an object twice before it", written(usernamePassword, list(object("stdClass"), "r:3;"), text("main"), text(list(oldUserObject("bob"), yes, list(), list(), list()))), nil, symfony.ErrMalformed},
		{"a parent that is an object", written(usernamePassword, null, text("main"), written("stdClass", user, yes, null, list(), list())), nil, symfony.ErrMalformed},
		{"a parent that is null", written(usernamePassword, null, text("main"), null), nil, symfony.ErrMalformed},
		{"a parent in a string that is no list", written(usernamePassword, null, text("main"), text(text("x"))), nil, symfony.ErrMalformed},
		{"a parent in a string that is no PHP", written(usernamePassword, null, text("main"), text("x")), nil, symfony.ErrMalformed},
		{"a parent in a string, and references", written(usernamePassword, null, text("main"), text(list(user, yes, list(), list(), array("i:0;", text("R"), "i:1;", "R:9;")))), nil, symfony.ErrMalformed},
		{"a parent that is too short", login(list(user, yes, list())), nil, symfony.ErrMalformed},
		{"a parent that is too long", login(list(user, yes, null, list(), list(), null)), nil, symfony.ErrMalformed},
		{"authenticated is 1", login(list(user, "i:1;", null, list(), list())), nil, symfony.ErrMalformed},
		{"authenticated is a string", login(list(user, text("1"), null, list(), list())), nil, symfony.ErrMalformed},
		{"authenticated is null", login(list(user, null, null, list(), list())), nil, symfony.ErrMalformed},
		{"no attributes", login(list(user, yes, null, null, list())), nil, symfony.ErrMalformed},
		{"the user is an array", login(abstract(list(text("alice")))), nil, symfony.ErrMalformed},
		{"the user is an integer", login(abstract("i:7;")), nil, symfony.ErrMalformed},
		{"the user is true", login(abstract("b:1;")), nil, symfony.ErrMalformed},
		{"the user is a case of an enumeration", login(abstract(`E:10:"App\User:A";`)), email, symfony.ErrMalformed},
		{"a role's key twice", login(list(user, yes, null, list(), array("i:0;", text("ROLE_ROOT"), "i:0;", text("ROLE_USER")))), nil, symfony.ErrMalformed},
		{"a role's key twice, in the form of text", login(list(user, yes, null, list(), array(text("a"), text("ROLE_ROOT"), text("a"), text("ROLE_USER")))), nil, symfony.ErrMalformed},

		{"not authenticated", login(list(user, no, null, list(), list(text("ROLE_USER")))), nil, symfony.ErrUnauthenticated},
		{"3.4, not authenticated", custom(usernamePassword, list(null, text("main"), list(oldUserObject("bob"), no, list(), list()))), nil, symfony.ErrUnauthenticated},
		{"without a user", login(abstract(null)), nil, symfony.ErrUnauthenticated},

		{"an unknown user", own(text("email"), text("a@b.cz")), nil, symfony.ErrUserClass},
		{"a user of the other case", own(text("email"), text("a@b.cz")), map[string]symfony.Identifier{`App\user`: symfony.Property("email")}, symfony.ErrUserClass},
		{"a proxy of an unknown user", login(abstract(object(`Proxies\__CG__\App\Other`, text("email"), text("a@b.cz")))), email, symfony.ErrUserClass},

		{"a user in JSON", login(abstract(custom(`App\User`, `{"email":"a@b.cz"}`))), email, symfony.ErrOpaqueUser},
		{"a user in a string", login(abstract(custom(`App\User`, text("a@b.cz")))), email, symfony.ErrOpaqueUser},

		{"no such property", own(text("mail"), text("a@b.cz")), email, symfony.ErrNoIdentifier},
		{"no properties", own(), email, symfony.ErrNoIdentifier},
		{"no such element", login(abstract(written(`App\User`, text("a@b.cz")))), element, symfony.ErrNoIdentifier},
		{"no such key", login(abstract(custom(`App\User`, array(text("mail"), text("a@b.cz"))))), email, symfony.ErrNoIdentifier},
		{"properties in the place of a list of the user", own(text("email"), text("a@b.cz")), element, symfony.ErrNoIdentifier},
		{"an empty identifier", own(text("email"), text("")), email, symfony.ErrNoIdentifier},
		{"an empty string user", login(abstract(text(""))), nil, symfony.ErrNoIdentifier},
		{"null", own(text("email"), null), email, symfony.ErrNoIdentifier},
		{"an integer", own(text("email"), "i:7;"), email, symfony.ErrNoIdentifier},
		{"a float", own(text("email"), "d:7;"), email, symfony.ErrNoIdentifier},
		{"true", own(text("email"), yes), email, symfony.ErrNoIdentifier},
		{"a list", own(text("email"), list(text("a@b.cz"))), email, symfony.ErrNoIdentifier},
		{"an object", own(text("email"), object("stdClass")), email, symfony.ErrNoIdentifier},

		{"two private properties", own(private(`App\User`, "email"), text("a@b.cz"), private(`App\Base`, "email"), text("root")), email, symfony.ErrAmbiguous},
		{"two users in one", login(abstract(object(inMemoryUser, private(oldUser, "username"), text("a"), private(inMemoryUser, "username"), text("root")))), nil, symfony.ErrAmbiguous},

		{"roles that are null", login(list(user, yes, null, list(), null)), nil, symfony.ErrRoles},
		{"roles that are a string", login(list(user, yes, null, list(), text("ROLE_ROOT"))), nil, symfony.ErrRoles},
		{"names that are null, and roles", login(list(user, yes, list(roleObject("ROLE_A")), list(), null)), nil, symfony.ErrRoles},
		{"3.4, another role's name", old(oldUserObject("bob"), object(role, private(`App\Role`, "role"), text("ROLE_A"))), nil, symfony.ErrRoles},
		{"a role that is an integer", login(list(user, yes, null, list(), list("i:1;"))), nil, symfony.ErrRoles},
		{"an empty role", login(abstract(user, "")), nil, symfony.ErrRoles},
		{"7.3.0 left them out", login(list(user, yes, null, list())), nil, symfony.ErrRoles},
		{"3.4, a role of an unknown class", old(oldUserObject("bob"), object(`App\Role`, private(role, "role"), text("ROLE_A"))), nil, symfony.ErrRoles},
		{"3.4, a role that is a string", old(oldUserObject("bob"), text("ROLE_A")), nil, symfony.ErrRoles},
		{"3.4, a role without a name", old(oldUserObject("bob"), object(role)), nil, symfony.ErrRoles},

		{"a long identifier", login(abstract(inMemory(strings.Repeat("a", 256)))), nil, symfony.ErrLimit},
		{"a long string user", login(abstract(text(strings.Repeat("a", 256)))), nil, symfony.ErrLimit},
		{"a long role", login(abstract(user, strings.Repeat("R", 256))), nil, symfony.ErrLimit},
		{"many roles", login(abstract(user, many...)), nil, symfony.ErrLimit},
		{"3.4, many roles", old(oldUserObject("bob"), slices.Repeat([]string{roleObject("ROLE_X")}, 65)...), nil, symfony.ErrLimit},
		{"4.4, many roles", login(list(user, yes, list(slices.Repeat([]string{roleObject("ROLE_X")}, 65)...), list(), list())), nil, symfony.ErrLimit},
		{"very deep", written(usernamePassword, strings.Repeat("a:1:{i:0;", 200)+null+strings.Repeat("}", 200), text("main"), abstract(user)), nil, symfony.ErrLimit},
		{"very deep, again", written(usernamePassword, strings.Repeat("a:1:{i:0;", 200)+null+strings.Repeat("}", 200), text("main"), abstract(user)), nil, phpserialize.ErrLimit},

		{"an identifier in Latin-1", login(abstract(inMemory("Ji\xf8\xed"))), nil, symfony.ErrEncoding},
		{"a role in Latin-1", login(abstract(user, "ROLE_\xc8")), nil, symfony.ErrEncoding},

		{"switched from an unknown token", switched(written(`App\Token`, null, text("main"), abstract(inMemory("root"))), abstract(user)), nil, symfony.ErrTokenClass},
		{"switched from an unknown user", switched(own(text("email"), text("a@b.cz")), abstract(user)), nil, symfony.ErrUserClass},
		{"switched from a user who is not authenticated", switched(login(list(inMemory("root"), no, null, list(), list())), abstract(user)), nil, symfony.ErrUnauthenticated},
		{"switched to a user who is not authenticated", switched(original, list(user, no, null, list(), list())), nil, symfony.ErrUnauthenticated},
		{"switched from nobody", switched(object(nullToken), abstract(user)), nil, symfony.ErrMalformed},
		{"switched from the anonymous", switched(written(anonymousToken, text("s"), abstract(text("anon."))), abstract(user)), nil, symfony.ErrMalformed},
		{"switched from null", switched(null, abstract(user)), nil, symfony.ErrMalformed},
		{"switched from the user himself", switched(inMemory("root"), abstract(user)), nil, symfony.ErrTokenClass},
		{"switched twice", switched(switched(original, abstract(inMemory("bob"))), abstract(user)), nil, symfony.ErrMalformed},
		{"switched, an element more", written(switchUser, original, text("/"), list(null, text("main"), abstract(user)), null), nil, symfony.ErrMalformed},
		{"switched, an element only", written(switchUser, original), nil, symfony.ErrMalformed},
		{"switched, without a parent", written(switchUser, original, text("/")), nil, symfony.ErrMalformed},
		{"switched, a parent of another class", written(switchUser, original, text("/"), list(text("main"), abstract(user))), nil, symfony.ErrMalformed},
		{"3.4, switched from nowhere", old(oldUserObject("bob"), object(switchRole, private(role, "role"), text("ROLE_PREVIOUS_ADMIN"))), nil, symfony.ErrMalformed},
		{"3.4, switched from null", old(oldUserObject("bob"), object(switchRole, private(role, "role"), text("ROLE_PREVIOUS_ADMIN"), private(switchRole, "source"), null)), nil, symfony.ErrMalformed},
	}
	for _, test := range tests {
		id, err := of(t, test.token, symfony.Options{Users: test.users})
		if id != nil || !errors.Is(err, test.want) {
			t.Errorf("%s: %+v, %v; want %v", test.name, id, err, test.want)
			continue
		}
		// It reaches the log as the cause of a refusal.
		if refused := error(firewall.Refuse(firewall.ReasonIdentity, err)); !errors.Is(refused, test.want) {
			t.Errorf("%s: %v", test.name, refused)
		}
		for _, secret := range []string{"a@b.cz", "alice", "ROLE_", "pw"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error quotes the session: %v", test.name, err)
			}
		}
	}
}
