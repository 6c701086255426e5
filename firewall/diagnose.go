package firewall

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/rollcall-go/rollcall/session"
)

// A Diagnosis is how a firewall came to its decision about a request.
type Diagnosis struct {
	// Steps are what was done, in its order. They quote names of cookies, keys,
	// classes and users, and no session id, and nothing else that is in a session.
	Steps []string
	// Identity is who the client is, or nil if it is refused.
	Identity *Identity
	// Refusal is why it is refused, or nil.
	Refusal *Refusal
}

// String returns the steps and the decision, a line each.
func (d *Diagnosis) String() string {
	var b strings.Builder
	for i, step := range d.Steps {
		fmt.Fprintf(&b, "%2d. %s\n", i+1, step)
	}
	switch {
	case d.Refusal != nil:
		fmt.Fprintf(&b, "=> refused with %d: %s\n", d.Refusal.Status(), noteOf(d.Refusal))
	case d.Identity.Anonymous:
		fmt.Fprintf(&b, "=> anonymous: %s\n", d.Identity.Reason)
	default:
		fmt.Fprintf(&b, "=> the user %.100q with the roles %.100q\n", d.Identity.User, d.Identity.Roles)
	}
	return b.String()
}

// Diagnose does what Authenticate does, and tells how, for those who ask why
// somebody is anonymous. It calls no hook and writes no log. Show it to
// administrators only: it names users and how the website is built.
func (f *Firewall) Diagnose(ctx context.Context, r *Request) *Diagnosis {
	d := &Diagnosis{}
	var mu sync.Mutex // an authenticator may work in several goroutines
	d.Identity, d.Refusal = f.authenticate(session.WithNotes(ctx, func(text string) {
		mu.Lock()
		defer mu.Unlock()
		d.Steps = append(d.Steps, text)
	}), r)
	if d.Identity != nil {
		d.Refusal = nil // it is only why the client is anonymous
	}
	return d
}

func noteOf(r *Refusal) string { return strings.TrimPrefix(r.Error(), "firewall: ") }
