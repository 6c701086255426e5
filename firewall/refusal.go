package firewall

import "net/http"

// A Reason says why a client was refused.
type Reason string

// The reasons, and the HTTP status that each is answered with.
const (
	ReasonOrigin      Reason = "foreign origin"           // 403
	ReasonCookie      Reason = "malformed cookie"         // 401
	ReasonAnonymous   Reason = "not signed in"            // 401
	ReasonSignedOut   Reason = "signed out"               // 401
	ReasonUserChanged Reason = "signed in as another"     // 401
	ReasonIdentity    Reason = "unreadable session"       // 401
	ReasonStore       Reason = "session store is failing" // 503
)

// A Refusal is the error that a client is not let in, or not kept, and why.
// Find it with [errors.As].
type Refusal struct {
	Reason Reason
	err    error
}

func refuse(reason Reason, err error) *Refusal { return &Refusal{reason, err} }

// Error returns the reason and its cause. It is for the log of the server; what
// the client is told is the status.
func (r *Refusal) Error() string {
	if r.err == nil {
		return "firewall: " + string(r.Reason)
	}
	return "firewall: " + string(r.Reason) + ": " + r.err.Error()
}

// Unwrap returns the cause, or nil if the reason says it all.
func (r *Refusal) Unwrap() error { return r.err }

// Status returns the HTTP status for the client.
func (r *Refusal) Status() int {
	switch r.Reason {
	case ReasonOrigin:
		return http.StatusForbidden
	case ReasonStore:
		return http.StatusServiceUnavailable
	default:
		return http.StatusUnauthorized
	}
}
