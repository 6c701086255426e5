// Package expresssession reads the sessions of a website of Node.js that keeps
// them with express-session, in Redis by connect-redis:
//
//	sessions, err := session.Open("redis://localhost:6379?prefix=sess:",
//		&session.Options{Decode: expresssession.Decode})
//
//	&firewall.SessionAuthenticator{
//		Sessions: sessions,
//		Cookie:   expresssession.Cookie("connect.sid", os.Getenv("SESSION_SECRET")),
//		Identify: firewall.Keys(firewall.Path{"passport", "user"}, nil),
//	}
//
// The last line is for Passport, which keeps what the website's serializeUser
// returned, as a rule the user's id.
//
// Other stores of express-session will do if they keep JSON in something that a
// [session.Store] reads. cookie-session and others that keep the session in the
// cookie are not read by this package: see package delegate for them.
package expresssession

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/session"
)

// maxID bounds a session id. Express's own have 32 characters.
const maxID = 250

// signatureLen is the length of an HMAC-SHA256 in base64 without padding.
const signatureLen = 43

// Cookie returns the cookie of a website whose option name of express-session is
// name, "connect.sid" by default, and whose option secret is the secrets. Those
// that have been replaced come last. It panics if there is no secret, or an
// empty one, for then anybody could sign.
//
// An id may have letters, digits, commas, hyphens and underscores, which is more
// than express-session uses. If a website's genid has others, its cookies are
// malformed for us.
func Cookie(name string, secrets ...string) session.Cookie {
	if name == "" {
		name = "connect.sid"
	}
	if len(secrets) == 0 {
		panic("expresssession: the cookie has no secret: it is the option secret of express-session")
	}
	for _, secret := range secrets {
		if secret == "" {
			panic("expresssession: a secret of the cookie is empty: it is the option secret of express-session")
		}
	}
	secrets = append([]string{}, secrets...)
	return session.Cookie{Name: name, MaxLen: maxID + signatureLen + 3, Decode: func(value string) (string, error) {
		return unsign(value, secrets)
	}}
}

// unsign returns the id of a cookie's value "s:<id>.<signature>", as
// express-session and cookie-signature do.
func unsign(value string, secrets []string) (string, error) {
	signed, ok := strings.CutPrefix(value, "s:")
	dot := strings.LastIndexByte(signed, '.')
	if !ok || dot < 0 {
		return "", fmt.Errorf("expresssession: the cookie is not signed: %w", session.ErrBadCookie)
	}
	id, signature := signed[:dot], signed[dot+1:]
	if !validID(id) {
		return "", fmt.Errorf("expresssession: the cookie's session id has an unusual form: %w", session.ErrBadCookie)
	}
	for _, secret := range secrets {
		if subtle.ConstantTimeCompare([]byte(signature), []byte(sign(id, secret))) == 1 {
			return id, nil
		}
	}
	return "", fmt.Errorf("expresssession: no secret fits the cookie's signature: %w", session.ErrBadCookie)
}

// sign returns the signature of an id. It is compared as text, so that only one
// spelling of it counts.
func sign(id, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id))
	return base64.RawStdEncoding.EncodeToString(mac.Sum(nil))
}

func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for i := range len(id) {
		switch b := id[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case b == ',', b == '-', b == '_':
		default:
			return false
		}
	}
	return true
}
