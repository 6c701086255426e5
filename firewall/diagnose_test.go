package firewall_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/firewall"
)

func TestDiagnose(t *testing.T) {
	tests := []struct {
		name   string
		cookie string
		origin string
		values map[string]any
		err    error
		want   string // at the end
		steps  []string
	}{
		{name: "user", cookie: "PHPSESSID=" + sid, values: map[string]any{"user": "alice", "roles": []string{"ROLE_USER"}},
			want: `=> the user "alice" with the roles ["ROLE_USER"]`, steps: []string{"authenticator 1 of 1", `the cookie "PHPSESSID" has the session`}},
		{name: "no cookie", cookie: "PHPSESSION=" + sid + "; theme=secret-theme", want: "=> anonymous: no session cookie",
			steps: []string{`there is no cookie "PHPSESSID"; those that are there: "PHPSESSION", "theme"`}},
		{name: "bad cookie", cookie: "PHPSESSID=../etc", want: "=> anonymous: malformed cookie", steps: []string{"cannot hold a session id"}},
		{name: "a bare id", cookie: sid, want: "=> anonymous: no session cookie", steps: []string{"something without a name"}},
		{name: "unknown", cookie: "PHPSESSID=" + sid, want: "=> anonymous: no such session", steps: []string{"under another prefix"}},
		{name: "nobody", cookie: "PHPSESSID=" + sid, values: map[string]any{}, want: "=> anonymous: nobody has signed in with the session"},
		{name: "store down", cookie: "PHPSESSID=" + sid, err: errors.New("connection refused"), want: "=> refused with 503: the sign-in cannot be checked: connection refused"},
		{name: "origin", origin: "https://evil.example", want: "=> refused with 403: foreign origin"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := &sessions{err: test.err}
			if test.values != nil {
				store.put(sid, test.values)
			}
			fw, log := newFirewall(t, store, func(o *firewall.Options) {
				o.Refused = func(*firewall.Request, *firewall.Refusal) { t.Error("Refused was called") }
				o.Authenticated = func(*firewall.Request, *firewall.Identity) { t.Error("Authenticated was called") }
			})
			d := fw.Diagnose(t.Context(), &firewall.Request{Host: "example.com", Origin: test.origin, Cookie: test.cookie})
			text := d.String()
			lines := strings.Split(strings.TrimSpace(text), "\n")
			if !strings.HasPrefix(lines[len(lines)-1], test.want) {
				t.Errorf("the last line is %q, want %q", lines[len(lines)-1], test.want)
			}
			for _, step := range test.steps {
				if !strings.Contains(text, step) {
					t.Errorf("no step %q in:\n%s", step, text)
				}
			}
			if strings.Contains(text, sid) || strings.Contains(text, "secret") || log.Len() > 0 {
				t.Errorf("secrets, or a log %q:\n%s", log, text)
			}
			if (d.Identity == nil) == (d.Refusal == nil) {
				t.Errorf("%+v and %+v", d.Identity, d.Refusal)
			}
		})
	}
}
