package firewall

import "net/http"

// A Reason says why a client was refused, or why it is anonymous. One of your own
// refuses with 401.
type Reason string

// Nobody has signed in, as far as one authenticator can tell. The next one is
// asked; after the last one the client is anonymous or refused with 401.
const (
	ReasonAnonymous Reason = "not signed in"
	ReasonNoCookie  Reason = "no session cookie"
	ReasonSignedOut Reason = "no such session" // it has expired, its user has signed out, or it never was
	ReasonNobody    Reason = "nobody has signed in with the session"
)

// Somebody may have signed in, but it cannot be trusted. No other authenticator
// is asked, and the client is anonymous or refused with 401.
const (
	ReasonCookie   Reason = "malformed cookie"
	ReasonIdentity Reason = "unreadable session" // the cause says in which way
)

// The client is refused, with 401, 403 or 503.
const (
	ReasonCredentials Reason = "bad credentials"               // 401: a ticket that is forged, or not for us
	ReasonExpired     Reason = "credentials have expired"      // 401
	ReasonUserChanged Reason = "signed in as another"          // 401
	ReasonOrigin      Reason = "foreign origin"                // 403
	ReasonAddress     Reason = "denied address"                // 403
	ReasonRole        Reason = "missing role"                  // 403
	ReasonUnavailable Reason = "the sign-in cannot be checked" // 503: the session store is failing
)

// passes reports whether the next authenticator is asked.
func (r Reason) passes() bool {
	switch r {
	case ReasonAnonymous, ReasonNoCookie, ReasonSignedOut, ReasonNobody:
		return true
	}
	return false
}

// anonymous reports whether a client may be anonymous for this reason.
func (r Reason) anonymous() bool {
	return r.passes() || r == ReasonCookie || r == ReasonIdentity
}

// A Refusal is the error that a client is not let in, or not kept, and why.
// Find it with [errors.As].
type Refusal struct {
	Reason  Reason
	err     error
	session string // hashed, for the log
}

// Refuse returns the refusal that an [Authenticator] answers with. The cause may
// be nil. It is logged, so it must not quote a session.
func Refuse(reason Reason, cause error) *Refusal { return &Refusal{Reason: reason, err: cause} }

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
	case ReasonOrigin, ReasonAddress, ReasonRole:
		return http.StatusForbidden
	case ReasonUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusUnauthorized
	}
}
