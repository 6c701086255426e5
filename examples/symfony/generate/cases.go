package main

import (
	"errors"
	"net/http"
	"slices"

	"github.com/rollcall-go/rollcall/examples/symfony/website"
)

// A sessionCase is something that a visitor does, after which the website says
// at whoami of a firewall who he is.
type sessionCase struct {
	name     string
	firewall string // "", "/admin"...
	visit    func(*website.Visitor) error
	also     string // who else has signed in with this session, and where
}

// The first argument of each is the firewall, as in the paths of the website.
var cases = []sessionCase{
	{"form", "", login("", "alice"), ""},
	{"utf8", "", login("", "žofie"), ""},
	{"rm", "", remembered("", "alice", "REMEMBERME"), ""},
	{"switch", "", steps(login("", "admin"), get("/whoami?_switch_user=alice")), ""},
	{"switch_rm", "", steps(remembered("", "admin", "REMEMBERME"), get("/whoami?_switch_user=alice")), ""},
	{"switch_back", "", steps(login("", "admin"), get("/whoami?_switch_user=alice"), get("/whoami?_switch_user=_exit")), ""},
	{"ent", "/admin", login("/admin", "zofie@example.cz"), ""},
	{"rm_entity", "/admin", remembered("/admin", "zofie@example.cz", "REMEMBERADMIN"), ""},
	{"magic", "/admin", login("/admin", "magic@example.cz"), ""},
	{"sf73", "/admin", login("/admin", "sf73@example.cz"), ""},
	{"promoted", "/admin", steps(login("/admin", "jiri@example.cz"), get("/admin/promote?role=ROLE_BOSS")), ""},
	{"password_changed", "/admin", steps(login("/admin", "jiri@example.cz"), get("/admin/promote?password=other")), ""},
	{"shared", "/shop", login("/shop", "alice"), ""},
	{"shared_other", "/account", login("/shop", "bob"), ""},
	{"basic", "/basic", basic("alice", "pw"), ""},
	{"remote", "/remote", get("/remote/set"), ""},
	{"key", "/key", key("pw"), ""},
	{"two", "/admin", steps(login("", "alice"), login("/admin", "zofie@example.cz")), "main: alice"},
	{"cart", "", steps(login("", "alice"), get("/set")), ""},
	{"big", "/admin", steps(login("/admin", "zofie@example.cz"), get("/admin/set?big=1")), ""},
	{"anon_cart", "", get("/set"), ""},
	{"anon_form", "", get("/login"), ""},
	{"anon_target", "", get("/private"), ""},
	{"login_failed", "", refused("", "alice"), ""},
	{"logged_out", "", steps(login("", "alice"), get("/logout")), ""},
}

// some returns the cases with these names.
func some(names ...string) []sessionCase {
	return slices.DeleteFunc(slices.Clone(cases), func(c sessionCase) bool { return !slices.Contains(names, c.name) })
}

func steps(all ...func(*website.Visitor) error) func(*website.Visitor) error {
	return func(v *website.Visitor) error {
		for _, step := range all {
			if err := step(v); err != nil {
				return err
			}
		}
		return nil
	}
}

func login(firewall, user string) func(*website.Visitor) error {
	return func(v *website.Visitor) error { return v.Login(firewall, user, "pw", false) }
}

// remembered signs in and loses the session, so that the cookie of remember-me
// has to do.
func remembered(firewall, user, cookie string) func(*website.Visitor) error {
	return func(v *website.Visitor) error {
		if err := v.Login(firewall, user, "pw", true); err != nil {
			return err
		}
		v.Forget("PHPSESSID")
		if _, err := v.WhoAmI(firewall); err != nil {
			return err
		}
		if v.SessionID() == "" {
			return errors.New("the cookie " + cookie + " makes no session")
		}
		return nil
	}
}

func refused(firewall, user string) func(*website.Visitor) error {
	return func(v *website.Visitor) error {
		if v.Login(firewall, user, "wrong", false) == nil {
			return errors.New("a wrong password is let in")
		}
		return nil
	}
}

func get(path string) func(*website.Visitor) error {
	return func(v *website.Visitor) error {
		_, err := v.Get(path)
		return err
	}
}

func basic(user, password string) func(*website.Visitor) error {
	return func(v *website.Visitor) error {
		r := http.Request{Header: v.Header}
		r.SetBasicAuth(user, password)
		return get("/basic/set")(v)
	}
}

func key(key string) func(*website.Visitor) error {
	return func(v *website.Visitor) error {
		v.Header.Set("X-Key", key)
		return get("/key/set")(v)
	}
}
