package ticket

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/rollcall-go/rollcall/firewall"
)

// verify returns the claims of a good ticket, or a *firewall.Refusal.
func (a *Authenticator) verify(ticket string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	token, err := a.parser.ParseWithClaims(ticket, claims, a.key)
	if refusal, ok := errors.AsType[*firewall.Refusal](err); ok {
		return nil, refusal // of Options.Keyfunc
	}
	if err != nil {
		return nil, refuse(err)
	}
	// RFC 7515, section 4.1.11: who does not know an extension that is said to
	// be critical must not take the token. The library does not look.
	if _, ok := token.Header["crit"]; ok {
		return nil, firewall.Refuse(firewall.ReasonCredentials, errors.New("ticket: the ticket has critical extensions"))
	}
	if refusal := a.tooOld(claims); refusal != nil {
		return nil, refusal
	}
	return claims, nil
}

// tooOld refuses a ticket that was signed too long ago.
func (a *Authenticator) tooOld(claims jwt.MapClaims) *firewall.Refusal {
	if a.opts.MaxAge == 0 {
		return nil
	}
	issued, err := claims.GetIssuedAt()
	if err != nil || issued == nil {
		return firewall.Refuse(firewall.ReasonCredentials, errors.New("ticket: it lacks the claim iat, which Options.MaxAge asks for"))
	}
	if time.Now().After(issued.Add(a.opts.MaxAge + a.opts.Leeway)) {
		return firewall.Refuse(firewall.ReasonExpired, errors.New("ticket: it is older than Options.MaxAge"))
	}
	return nil
}

// faults are what can be wrong with a ticket, the worst first. The library's own
// texts are not used, for some quote the ticket.
var faults = []struct{ is, text error }{
	{jwt.ErrTokenMalformed, errors.New("ticket: it is not a JSON Web Token")},
	{jwt.ErrTokenUnverifiable, errors.New("ticket: there is no key for it, or its algorithm is unknown")},
	{jwt.ErrTokenSignatureInvalid, errors.New("ticket: no key fits its signature, or its algorithm is not one of Options.Algorithms")},
	{jwt.ErrTokenInvalidIssuer, errors.New("ticket: its issuer is not Options.Issuer")},
	{jwt.ErrTokenInvalidAudience, errors.New("ticket: its audience is not Options.Audience")},
	{jwt.ErrTokenRequiredClaimMissing, errors.New("ticket: it lacks a claim: exp is required, and iss and aud if Options ask for them")},
	{jwt.ErrTokenNotValidYet, errors.New("ticket: it is not valid yet, or the clocks differ")},
	{jwt.ErrTokenUsedBeforeIssued, errors.New("ticket: it was issued in the future, or the clocks differ")},
	{jwt.ErrInvalidType, errors.New("ticket: one of its claims exp, nbf, iat and iss has a wrong type")},
}

var errExpired = errors.New("ticket: it has expired")

// refuse says what is wrong with a ticket. It has expired only if it was good
// before.
func refuse(err error) *firewall.Refusal {
	for _, fault := range faults {
		if errors.Is(err, fault.is) {
			return firewall.Refuse(firewall.ReasonCredentials, fault.text)
		}
	}
	if errors.Is(err, jwt.ErrTokenExpired) {
		return firewall.Refuse(firewall.ReasonExpired, errExpired)
	}
	return firewall.Refuse(firewall.ReasonCredentials, errors.New("ticket: it is not good"))
}
