package ticket_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/firewall/ticket"
)

// FuzzRequest checks that nobody gets in who was not given the one good ticket,
// and that the answer is always a refusal of one of the three kinds.
func FuzzRequest(f *testing.F) {
	good := sign(f, "HS256", secret, claims())
	f.Add("/ws?ticket="+good, "", "")
	f.Add("/ws", "Bearer "+good, "jwt=x")
	f.Add("/ws?ticket=%2e.&&;ticket==", "Basic a, bearer ,", "jwt=%; jwt[]=")
	f.Add("/?ticket=eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.", "", "")
	a := open(f, ticket.Options{Cookie: "jwt"})
	f.Fuzz(func(t *testing.T, uri, authorization, cookie string) {
		id, err := a.Authenticate(t.Context(), &firewall.Request{URI: uri, Authorization: authorization, Cookie: cookie})
		if err != nil {
			switch refusal, ok := err.(*firewall.Refusal); {
			case !ok || id != nil:
				t.Fatalf("%v, %v", id, err)
			case refusal.Reason != firewall.ReasonAnonymous && refusal.Reason != firewall.ReasonCredentials && refusal.Reason != firewall.ReasonExpired:
				t.Fatal(err)
			}
			return
		}
		if id.User != "alice" || id.Expires.IsZero() {
			t.Fatalf("%+v", id)
		}
	})
}

// FuzzClaims signs whatever claims: what is let in has a user and an end.
func FuzzClaims(f *testing.F) {
	good, err := json.Marshal(claims())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"aud":"wss://live.example.com","exp":1e300,"sub":5,"roles":[null]}`))
	f.Add([]byte(`{"aud":["wss://live.example.com"],"exp":9223372036854775807,"iat":-1e400,"sub":"a"}`))
	f.Add([]byte("null"))
	a := open(f, ticket.Options{})
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`))
	f.Fuzz(func(t *testing.T, claims []byte) {
		text := head + "." + base64.RawURLEncoding.EncodeToString(claims)
		signature, err := jwt.SigningMethodHS256.Sign(text, secret)
		if err != nil {
			t.Fatal(err)
		}
		id, reason := ask(t, a, text+"."+base64.RawURLEncoding.EncodeToString(signature))
		if reason == "" && (id.User == "" || id.Expires.IsZero()) {
			t.Fatalf("%+v", id)
		}
	})
}
