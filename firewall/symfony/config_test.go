package symfony_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/firewall/symfony"
)

func TestNew(t *testing.T) {
	if f, err := symfony.New(&symfony.Options{Contexts: []string{"main"}}); f == nil || err != nil {
		t.Error(err)
	}
	user := func(class string, i symfony.Identifier) symfony.Options {
		return symfony.Options{Users: map[string]symfony.Identifier{class: i}}
	}
	token := func(class string, l symfony.Layout) symfony.Options {
		return symfony.Options{Tokens: map[string]symfony.Layout{class: l}}
	}
	email := symfony.Property("email")
	tests := []struct {
		contexts []string
		opts     symfony.Options
		want     string // in the error
	}{
		{nil, symfony.Options{}, "name the firewalls"},
		{[]string{}, symfony.Options{}, "name the firewalls"},
		{[]string{"main", ""}, symfony.Options{}, "[1] is empty"},
		{[]string{"main", "admin", "main"}, symfony.Options{}, `"main" twice`},
		{[]string{"_security_main"}, symfony.Options{}, "leave out _security_"},
		{right, user("", email), "no name of a class"},
		{right, user(`\App\Entity\User`, email), "backslashes"},
		{right, user(`App\\Entity\\User`, email), "backslashes"},
		{right, user(`App\Entity\`, email), "backslashes"},
		{right, user("App/Entity/User", email), "no name of a class"},
		{right, user("App.Entity.User", email), "no name of a class"},
		{right, user(`App\Entity\User::class`, email), "no name of a class"},
		{right, user(`App\User`, symfony.Identifier{}), "names neither"},
		{right, user(`App\User`, symfony.Property("")), "names neither"},
		{right, user(`App\User`, symfony.Index(-1)), "names neither"},
		{right, user(`App\User`, symfony.Index(-2)), "names neither"},
		{right, token(`\App\Token`, symfony.Layout{}), "backslashes"},
		{right, token(usernamePassword, symfony.Layout{}), "Symfony's own"},
		{right, token(switchUser, symfony.Layout{}), "Symfony's own"},
		{right, token(anonymousToken, symfony.Layout{}), "Symfony's own"},
		{right, token(nullToken, symfony.Layout{}), "Symfony's own"},
		{right, token(twoFactor, symfony.Layout{}), "second factor"},
		{right, token(`App\Token`, symfony.Layout{Len: -1}), "-1 elements"},
		{right, token(`App\Token`, symfony.Layout{Len: 33}), "33 elements"},
		{right, token(`App\Token`, symfony.Layout{Len: 2, Parent: 2}), "parent's at 2"},
		{right, token(`App\Token`, symfony.Layout{Parent: 1}), "parent's at 1"},
		{right, token(`App\Token`, symfony.Layout{Len: 2, Parent: -1}), "parent's at -1"},
		{right, token(`App\Token`, symfony.Layout{Extends: `App\Other`}), `extends "App\\Other"`},
		{right, token(`App\Token`, symfony.Layout{Extends: twoFactor}), "signs nobody in"},
		{right, token(`App\Token`, symfony.Layout{Extends: nullToken}), "signs nobody in"},
		{right, token(`App\Token`, symfony.Layout{Extends: anonymousToken}), "signs nobody in"},
		{right, token(`App\Token`, symfony.Layout{Extends: `App\Token`}), "extends itself"},
		{right, symfony.Options{Tokens: map[string]symfony.Layout{`A`: {Extends: `B`}, `B`: {Extends: `A`, Len: 1}}}, "extends itself"},
	}
	for _, test := range tests {
		test.opts.Contexts = test.contexts
		f, err := symfony.New(&test.opts)
		if f != nil || err == nil || !strings.HasPrefix(err.Error(), "symfony: Options.") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v; want %s", test.opts, err, test.want)
		}
	}
	if _, err := symfony.New(nil); err == nil {
		t.Error("nil options name no context")
	}
}

// right are contexts that are right.
var right = []string{"main"}

// Token classes of a website's own.
func TestTokens(t *testing.T) {
	const own, base = `App\Security\OwnToken`, `App\Security\BaseToken`
	parent := abstract(inMemory("alice"), "R")
	tests := []struct {
		name       string
		token      string
		tokens     map[string]symfony.Layout
		want       error
		remembered bool
		by         string
	}{
		{name: "extends AbstractToken", token: written(own, inMemory("alice"), yes, null, list(), list(text("R"))),
			tokens: map[string]symfony.Layout{own: {}}},
		{name: "extends AbstractToken with a list", token: written(own, text("x"), parent),
			tokens: map[string]symfony.Layout{own: {Len: 2, Parent: 1}}},
		{name: "the parent's first", token: written(own, parent, text("x")),
			tokens: map[string]symfony.Layout{own: {Len: 2}}},
		{name: "the parent's only", token: written(own, parent),
			tokens: map[string]symfony.Layout{own: {Len: 1}}},
		{name: "of Symfony 4.2", token: custom(own, list(text("x"), parent)),
			tokens: map[string]symfony.Layout{own: {Len: 2, Parent: 1}}},
		{name: "extends Symfony's", token: written(own, null, text("main"), parent),
			tokens: map[string]symfony.Layout{own: {Extends: usernamePassword}}},
		{name: "extends Symfony's with a list", token: written(own, text("x"), list(null, text("main"), parent)),
			tokens: map[string]symfony.Layout{own: {Extends: usernamePassword, Len: 2, Parent: 1}}},
		{name: "extends another one", token: written(own, text("x"), list(list(text("main"), parent), text("y"))),
			tokens: map[string]symfony.Layout{own: {Extends: base, Len: 2, Parent: 1}, base: {Extends: post, Len: 2}}},
		{name: "extends RememberMeToken", token: written(own, yes, list(null, text("main"), parent)), remembered: true,
			tokens: map[string]symfony.Layout{own: {Extends: base}, base: {Extends: rememberMe, Len: 2, Parent: 1}}},
		{name: "extends SwitchUserToken", token: written(own, text("x"), list(login(abstract(inMemory("root"))), text("/"), list(null, text("main"), parent))), by: "root",
			tokens: map[string]symfony.Layout{own: {Extends: switchUser, Len: 2, Parent: 1}}},
		{name: "who acts as the user has one", token: switched(written(own, inMemory("root"), yes, null, list(), list()), parent), by: "root",
			tokens: map[string]symfony.Layout{own: {}}},
		{name: "the longest", token: written(own, append([]string{parent}, manyNulls(31)...)...),
			tokens: map[string]symfony.Layout{own: {Len: 32}}},

		{name: "is not extended", token: written(base, null, text("main"), parent), want: symfony.ErrTokenClass,
			tokens: map[string]symfony.Layout{own: {Extends: usernamePassword}}},
		{name: "is longer", token: written(own, text("x"), parent, text("y")), want: symfony.ErrMalformed,
			tokens: map[string]symfony.Layout{own: {Len: 2, Parent: 1}}},
		{name: "is shorter", token: written(own, text("x"), parent), want: symfony.ErrMalformed,
			tokens: map[string]symfony.Layout{own: {Len: 3, Parent: 1}}},
		{name: "is elsewhere", token: written(own, parent, text("x")), want: symfony.ErrMalformed,
			tokens: map[string]symfony.Layout{own: {Len: 2, Parent: 1}}},
		{name: "extends something else", token: written(own, text("x"), parent), want: symfony.ErrMalformed,
			tokens: map[string]symfony.Layout{own: {Extends: usernamePassword, Len: 2, Parent: 1}}},
	}
	for _, test := range tests {
		id, err := of(t, test.token, symfony.Options{Tokens: test.tokens})
		if !errors.Is(err, test.want) || (id == nil) != (test.want != nil) {
			t.Errorf("%s: %+v, %v; want %v", test.name, id, err, test.want)
			continue
		}
		if id != nil && (id.User != "alice" || len(id.Roles) != 1 || id.Remembered != test.remembered || id.Impersonator != test.by) {
			t.Errorf("%s: %+v", test.name, id)
		}
	}
}

func manyNulls(n int) (values []string) {
	for range n {
		values = append(values, null)
	}
	return values
}
