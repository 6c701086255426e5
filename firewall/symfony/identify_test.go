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
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// sessions returns sessions with attributes, as they are after decoding those of
// PHP, and as a decoder of one's own may return them.
func sessions(t *testing.T, pairs ...string) []*session.Session {
	t.Helper()
	v, err := phpserialize.Parse([]byte(array(pairs...)))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	for key, value := range v.All() {
		name, _ := key.Str()
		values[name] = value.Any()
	}
	return []*session.Session{
		{Values: map[string]any{"_sf2_attributes": v}},
		{Values: map[string]any{"_sf2_attributes": values}},
	}
}

func TestContexts(t *testing.T) {
	token := func(user string) string { return text(login(abstract(inMemory(user)))) }
	nobody := text(object(nullToken))
	refused := text(written(twoFactor, login(abstract(inMemory("carol")))))
	tests := []struct {
		name  string
		wants []string // contexts
		pairs []string
		user  string
		in    string
		err   error
	}{
		{"one", []string{"main"}, []string{text("_security_main"), token("alice")}, "alice", "main", nil},
		{"among others", []string{"main"}, []string{text("cart"), list(), text("_security_main"), token("alice"), text("_security_admin"), token("bob")}, "alice", "main", nil},
		{"the first of two", []string{"main", "admin"}, []string{text("_security_admin"), token("bob"), text("_security_main"), token("alice")}, "alice", "main", nil},
		{"the second, without the first", []string{"main", "admin"}, []string{text("_security_admin"), token("bob")}, "bob", "admin", nil},
		{"the second, as the first is null", []string{"main", "admin"}, []string{text("_security_main"), null, text("_security_admin"), token("bob")}, "bob", "admin", nil},
		{"the first is refused", []string{"main", "admin"}, []string{text("_security_main"), refused, text("_security_admin"), token("bob")}, "", "", symfony.ErrTokenClass},
		{"the first is nobody", []string{"main", "admin"}, []string{text("_security_main"), nobody, text("_security_admin"), token("bob")}, "", "", nil},
		{"the first is no string", []string{"main", "admin"}, []string{text("_security_main"), list(), text("_security_admin"), token("bob")}, "", "", symfony.ErrMalformed},
		{"the first is empty", []string{"main", "admin"}, []string{text("_security_main"), text(""), text("_security_admin"), token("bob")}, "", "", symfony.ErrMalformed},
		{"the first is false", []string{"main", "admin"}, []string{text("_security_main"), no, text("_security_admin"), token("bob")}, "", "", symfony.ErrMalformed},
		{"the token itself", []string{"main"}, []string{text("_security_main"), login(abstract(inMemory("a")))}, "", "", symfony.ErrMalformed},
		{"another context", []string{"main"}, []string{text("_security_admin"), token("bob")}, "", "", nil},
		{"another case", []string{"main"}, []string{text("_security_MAIN"), token("bob")}, "", "", nil},
		{"what was typed", []string{"main", "last_username", ".last_username"}, []string{text("_security.last_username"), text("alice"), text("_security.main.target_path"), text("/")}, "", "", nil},
		{"a number", []string{"7"}, []string{text("_security_7"), token("bob")}, "bob", "7", nil},
		{"nothing", []string{"main"}, nil, "", "", nil},
	}
	for _, test := range tests {
		identify, err := symfony.New(&symfony.Options{Contexts: test.wants})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range sessions(t, test.pairs...) {
			id, err := identify(t.Context(), s)
			if !errors.Is(err, test.err) || (id != nil) != (test.user != "") {
				t.Errorf("%s, %d: %+v, %v; want %q, %v", test.name, i, id, err, test.user, test.err)
			} else if id != nil && (id.User != test.user || id.Context != test.in) {
				t.Errorf("%s, %d: %q in %q; want %q in %q", test.name, i, id.User, id.Context, test.user, test.in)
			}
		}
	}
	for name, s := range map[string]*session.Session{
		"empty":                      {},
		"attributes that are null":   {Values: map[string]any{"_sf2_attributes": nil}},
		"attributes that are text":   {Values: map[string]any{"_sf2_attributes": string(alice)}},
		"attributes of another bag":  {Values: map[string]any{"_security_main": string(alice)}},
		"attributes that are a list": {Values: map[string]any{"_sf2_attributes": []string{alice}}},
	} {
		if id, err := identify(t, s, "main"); id != nil || err != nil {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
}

// The identity does not keep the session's bytes, nor does it change with them.
func TestCopied(t *testing.T) {
	data := []byte(array(text("_security_main"), text(alice)))
	v, err := phpserialize.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	id, err := identify(t, &session.Session{Values: map[string]any{"_sf2_attributes": v}}, "main")
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if id.User != "alice" || !slices.Equal(id.Roles, []string{"ROLE_USER", "ROLE_EDITOR"}) {
		t.Errorf("%+v", id)
	}
}

func TestRefuseImpersonation(t *testing.T) {
	opts := symfony.Options{RefuseImpersonation: true}
	if id, err := of(t, switched(alice, abstract(inMemory("bob"))), opts); id != nil || !errors.Is(err, symfony.ErrImpersonated) {
		t.Errorf("%+v, %v", id, err)
	}
	source := old(oldUserObject("root"))
	role := object(switchRole, private(role, "role"), text("ROLE_PREVIOUS_ADMIN"), private(switchRole, "source"), source)
	if id, err := of(t, old(oldUserObject("bob"), role), opts); id != nil || !errors.Is(err, symfony.ErrImpersonated) {
		t.Errorf("%+v, %v", id, err)
	}
	if id, err := of(t, alice, opts); err != nil || id.User != "alice" {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestRefresh(t *testing.T) {
	down := errors.New("the database is down")
	var asked []string
	answer := func(ok bool, err error) symfony.Options {
		return symfony.Options{Refresh: func(ctx context.Context, id *firewall.Identity, user phpserialize.Value) (bool, error) {
			password, _ := user.Property("password")
			text, _ := password.Str()
			asked = append(asked, fmt.Sprintf("%s %s %s %s %s", id.User, id.Roles, id.Context, id.Impersonator, text))
			id.Attributes = map[string]string{"language": "cs"}
			return ok, err
		}}
	}
	if id, err := of(t, switched(alice, abstract(inMemory("bob"), "R")), answer(true, nil)); err != nil || id.Attributes["language"] != "cs" {
		t.Errorf("%+v, %v", id, err)
	}
	if want := []string{"bob [R] main alice pw"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q; want %q", asked, want)
	}
	if id, err := of(t, alice, answer(false, nil)); id != nil || !errors.Is(err, symfony.ErrUserChanged) {
		t.Errorf("%+v, %v", id, err)
	}
	id, err := of(t, alice, answer(true, down))
	refusal, ok := errors.AsType[*firewall.Refusal](err)
	if id != nil || !ok || refusal.Reason != firewall.ReasonUnavailable || !errors.Is(err, down) {
		t.Errorf("%+v, %v", id, err)
	}
	own := firewall.Refuse(firewall.ReasonExpired, down)
	if id, err := of(t, alice, answer(true, own)); id != nil || err != error(own) {
		t.Errorf("%+v, %v", id, err)
	}
	// Nobody is asked about those who are nobody.
	asked = nil
	for _, token := range []string{object(nullToken), login(abstract(null)), "x"} {
		if id, _ := of(t, token, answer(true, nil)); id != nil || asked != nil {
			t.Errorf("%s: %+v, asked %q", token, id, asked)
		}
	}
}

func TestNotes(t *testing.T) {
	notes := func(opts symfony.Options, pairs ...string) string {
		t.Helper()
		identify, err := symfony.New(&opts)
		if err != nil {
			t.Fatal(err)
		}
		var first string
		for i, s := range sessions(t, pairs...) {
			var all []string
			_, _ = identify(session.WithNotes(context.Background(), func(text string) { all = append(all, text) }), s)
			text := strings.Join(all, "\n")
			if i == 0 {
				first = text
			} else if text != first {
				t.Errorf("the notes differ:\n%s\nand\n%s", first, text)
			}
		}
		return first
	}
	user := object(`App\User`, text("email"), text("alice@example.cz"), text("password"), text("hunter2"))
	other := object(`App\Other`, text("email"), text("hunter2"))
	opts := symfony.Options{Contexts: []string{"main", "admin"}, Users: map[string]symfony.Identifier{`App\User`: symfony.Property("email")}}
	tests := []struct {
		name  string
		pairs []string
		want  string
	}{
		{"signed in", []string{text("_security_admin"), text(login(abstract(user, "ROLE_A", "ROLE_B")))},
			"looking for the attributes \"_security_main\", \"_security_admin\"\n" +
				fmt.Sprintf("\"_security_admin\" is there, with %d bytes\n", len(login(abstract(user, "ROLE_A", "ROLE_B")))) +
				`the token is of the class "Symfony\\Component\\Security\\Core\\Authentication\\Token\\UsernamePasswordToken"` + "\n" +
				`the user is of the class "App\\User", and its identifier is its property "email"` + "\n" +
				`the user is "alice@example.cz", with 2 roles`},
		{"switched", []string{text("_security_main"), text(switched(login(abstract(text("root"))), abstract(text("bob"))))},
			"looking for the attributes \"_security_main\", \"_security_admin\"\n" +
				fmt.Sprintf("\"_security_main\" is there, with %d bytes\n", len(switched(login(abstract(text("root"))), abstract(text("bob"))))) +
				`the token is of the class "Symfony\\Component\\Security\\Core\\Authentication\\Token\\SwitchUserToken"` + "\n" +
				"the user is a string\n" +
				"another user acts as this one\n" +
				`the token is of the class "Symfony\\Component\\Security\\Core\\Authentication\\Token\\UsernamePasswordToken"` + "\n" +
				"the user is a string\n" +
				`the user is "bob", with 0 roles; "root" acts as this one`},
		{"another context", []string{text("_security_shop"), text(alice), text("cart"), text("hunter2"), text("_security.last_username"), text("hunter2")},
			"looking for the attributes \"_security_main\", \"_security_admin\"\n" +
				`none of them is there, but others are: "_security_shop"; Options.Contexts must have what follows _security_, which is the context: of the firewall in security.yaml, or else its name`},
		{"nobody", []string{text("cart"), text("hunter2")},
			"looking for the attributes \"_security_main\", \"_security_admin\"\n" +
				"the session has no token: nobody has signed in with it"},
		{"an unknown user", []string{text("_security_main"), text(login(abstract(other)))},
			"looking for the attributes \"_security_main\", \"_security_admin\"\n" +
				fmt.Sprintf("\"_security_main\" is there, with %d bytes\n", len(login(abstract(other)))) +
				`the token is of the class "Symfony\\Component\\Security\\Core\\Authentication\\Token\\UsernamePasswordToken"` + "\n" +
				`the user is of the class "App\\Other", which is not in Options.Users`},
	}
	for _, test := range tests {
		if got := notes(opts, test.pairs...); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}

	// Whoever chose the keys does not fill the log.
	var pairs []string
	for i := range 300 {
		pairs = append(pairs, text(fmt.Sprintf("_security_%03d\n%s", i, strings.Repeat("x", 1000))), null)
	}
	if got := notes(opts, pairs...); len(got) > 1500 || strings.Count(got, "\n") != 1 || !strings.Contains(got, `, "_security_009`) || !strings.Contains(got, ", ...") || strings.Contains(got, "_security_010") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
	var all []string
	identify, _ := symfony.New(&opts)
	_, _ = identify(session.WithNotes(context.Background(), func(text string) { all = append(all, text) }), &session.Session{})
	if len(all) != 2 || !strings.Contains(all[1], `no "_sf2_attributes"`) {
		t.Errorf("%q", all)
	}
}
