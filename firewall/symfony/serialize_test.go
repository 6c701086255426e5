package symfony_test

import (
	"fmt"
	"strings"
)

// These functions write values as PHP's serialize() does.

func text(text string) string { return fmt.Sprintf(`s:%d:"%s";`, len(text), text) }

func list(values ...string) string { return "a:" + elements(values) }

// array writes keys and values in turn.
func array(pairs ...string) string {
	return fmt.Sprintf("a:%d:{%s}", len(pairs)/2, strings.Join(pairs, ""))
}

func elements(values []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:{", len(values))
	for i, v := range values {
		fmt.Fprintf(&b, "i:%d;%s", i, v)
	}
	return b.String() + "}"
}

// object writes an object with the names and values of its properties in turn.
func object(class string, pairs ...string) string {
	return fmt.Sprintf(`O:%d:"%s":%d:{%s}`, len(class), class, len(pairs)/2, strings.Join(pairs, ""))
}

// written writes an object whose __serialize() returns a list.
func written(class string, values ...string) string {
	return fmt.Sprintf(`O:%d:"%s":%s`, len(class), class, elements(values))
}

// custom writes an object whose serialize() returns payload.
func custom(class, payload string) string {
	return fmt.Sprintf(`C:%d:"%s":%d:{%s}`, len(class), class, len(payload), payload)
}

func private(class, name string) string { return text("\x00" + class + "\x00" + name) }

func protected(name string) string { return text("\x00*\x00" + name) }

const (
	yes  = "b:1;"
	no   = "b:0;"
	null = "N;"
)

// The classes of Symfony.
const (
	usernamePassword = coreTokens + "UsernamePasswordToken"
	preAuthenticated = coreTokens + "PreAuthenticatedToken"
	postGuard        = `Symfony\Component\Security\Guard\Token\PostAuthenticationGuardToken`
	post             = `Symfony\Component\Security\Http\Authenticator\Token\PostAuthenticationToken`
	anonymousToken   = coreTokens + "AnonymousToken"
	nullToken        = coreTokens + "NullToken"
	twoFactor        = `Scheb\TwoFactorBundle\Security\Authentication\Token\TwoFactorToken`

	inMemoryUser = `Symfony\Component\Security\Core\User\InMemoryUser`
	oldUser      = `Symfony\Component\Security\Core\User\User`
	ldapUser     = `Symfony\Component\Ldap\Security\LdapUser`

	role       = `Symfony\Component\Security\Core\Role\Role`
	switchRole = `Symfony\Component\Security\Core\Role\SwitchUserRole`
)

// inMemory writes a user of Symfony 6 or later.
func inMemory(name string) string {
	return object(inMemoryUser, private(inMemoryUser, "username"), text(name), private(inMemoryUser, "password"), text("pw"),
		private(inMemoryUser, "enabled"), yes, private(inMemoryUser, "roles"), list(text("ROLE_OF_THE_USER")))
}

// abstract writes what AbstractToken does since Symfony 5.
func abstract(user string, roles ...string) string {
	for i, r := range roles {
		roles[i] = text(r)
	}
	return list(user, yes, null, list(), list(roles...))
}

// login writes a token of a form of login, since Symfony 5.
func login(parent string) string { return written(usernamePassword, null, text("main"), parent) }

// alice is a token like those of most sessions.
var alice = login(abstract(inMemory("alice"), "ROLE_USER", "ROLE_EDITOR"))

// switched writes a token of switch_user.
func switched(original, parent string) string {
	return written(switchUser, original, text("/"), list(null, text("main"), parent))
}

// roleObject writes a role of Symfony up to 4.4.
func roleObject(name string) string { return object(role, private(role, "role"), text(name)) }

// old writes a token of Symfony 3.4.
func old(user string, roles ...string) string {
	return custom(usernamePassword, list(null, text("main"), list(user, yes, list(roles...), list())))
}

// oldUserObject writes a user of Symfony up to 5.2.
func oldUserObject(name string) string {
	return object(oldUser, private(oldUser, "username"), text(name), private(oldUser, "password"), text("pw"))
}
