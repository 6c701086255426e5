package symfony

import (
	"fmt"
	"maps"
)

// A Layout says how the tokens of a class lie in the session. Its zero value is
// that of a class which extends Symfony's AbstractToken and has no __serialize()
// of its own.
type Layout struct {
	// Extends is the class that the class extends: one of Symfony's, or another
	// of Options.Tokens. It defaults to AbstractToken. Whatever extends
	// RememberMeToken is remembered only.
	Extends string

	// Len is how many elements the list has that __serialize() returns, and
	// Parent the index of the one that is parent::__serialize(). If there is no
	// __serialize() in the class, both are 0.
	Len, Parent int
}

const maxElements = 32

// The namespaces of tokens.
const (
	core     = `Symfony\Component\Security\Core\Authentication\Token\`
	guarded  = `Symfony\Component\Security\Guard\Token\`
	overHTTP = `Symfony\Component\Security\Http\Authenticator\Token\`
)

// The classes of which more is to be known than their layout.
const (
	rememberMe = core + "RememberMeToken"
	switchUser = core + "SwitchUserToken"
	anonymous  = core + "AnonymousToken" // up to 5.4
	nullToken  = core + "NullToken"

	// twoFactor is that of scheb/2fa. What it holds is a token of the user, which
	// counts once the second factor is there: then it takes its place.
	twoFactor = `Scheb\TwoFactorBundle\Security\Authentication\Token\TwoFactorToken`
)

// layouts are those of Symfony's tokens that sign somebody in, the same in all
// versions since 2.1. Up to 4.2 serialize() wrote the list, since then
// __serialize() returns it.
var layouts = map[string]Layout{
	core + "UsernamePasswordToken":           {Len: 3, Parent: 2}, // credentials, firewall, parent
	core + "PreAuthenticatedToken":           {Len: 3, Parent: 2}, // credentials, firewall, parent
	rememberMe:                               {Len: 3, Parent: 2}, // secret, firewall, parent
	guarded + "PostAuthenticationGuardToken": {Len: 2, Parent: 1}, // firewall, parent
	overHTTP + "PostAuthenticationToken":     {Len: 2, Parent: 1}, // firewall, parent

	// original token, URI where the switch was made, parent; without the URI up
	// to 5.1
	switchUser: {Extends: core + "UsernamePasswordToken", Len: 3, Parent: 2},
}

// A tokenClass is what is known of the tokens of a class.
type tokenClass struct {
	nobody     bool   // they sign nobody in
	remembered bool   // their user has not given a password
	steps      []step // from the token to what AbstractToken wrote
}

// A step is from what a class wrote to what its parent wrote.
type step struct {
	len, parent int
	switched    bool // the first element is the token of who acts as the user
}

// tokenClasses returns Symfony's classes and those of a website.
func tokenClasses(own map[string]Layout) (map[string]tokenClass, error) {
	all := maps.Clone(layouts)
	for class, l := range own {
		if err := checkClass("Tokens", class); err != nil {
			return nil, err
		}
		if _, known := all[class]; known || class == anonymous || class == nullToken {
			return nil, fmt.Errorf("symfony: Options.Tokens has %q, which is Symfony's own and known", class)
		}
		if class == twoFactor {
			return nil, fmt.Errorf("symfony: Options.Tokens has %q: whoever has that one has not shown the second factor yet", class)
		}
		if l.Len < 0 || l.Len > maxElements || l.Parent < 0 || l.Parent > 0 && l.Parent >= l.Len {
			return nil, fmt.Errorf("symfony: Options.Tokens[%q] has %d elements, and the parent's at %d: there are 1 to %d, and the first is at 0", class, l.Len, l.Parent, maxElements)
		}
		all[class] = l
	}
	classes := map[string]tokenClass{anonymous: {nobody: true}, nullToken: {nobody: true}}
	for class := range all {
		c, err := resolve(all, class)
		if err != nil {
			return nil, err
		}
		classes[class] = c
	}
	return classes, nil
}

// resolve follows what a class extends up to AbstractToken.
func resolve(all map[string]Layout, class string) (c tokenClass, err error) {
	at := class
	for range len(all) + 1 {
		l := all[at]
		if l.Len > 0 {
			c.steps = append(c.steps, step{l.Len, l.Parent, at == switchUser})
		}
		c.remembered = c.remembered || at == rememberMe
		if l.Extends == "" {
			return c, nil
		}
		if _, known := all[l.Extends]; !known {
			return c, fmt.Errorf("symfony: Options.Tokens[%q] extends %q, which signs nobody in: it must be one of Symfony's classes, or in Options.Tokens too", at, l.Extends)
		}
		at = l.Extends
	}
	return c, fmt.Errorf("symfony: Options.Tokens[%q] extends itself", class)
}
