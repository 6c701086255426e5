package delegate_test

import (
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/firewall/delegate"
)

// FuzzDecode checks that an answer ends as a user with a name, as nobody, or as
// an error that does not quote it.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"user":"alice","roles":["ROLE_USER"],"impersonator":"root","remembered":true,"attributes":{"a":"b"}}`,
		`{"user":9223372036854775808}`, `{"user":-0}`, `{"USER":1,"user":null}`, ` null `, `{"user":[[[[`, `{"user":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		id, err := delegate.Decode(body)
		if id != nil && (err != nil || id.User == "" || !id.Expires.IsZero()) {
			t.Fatalf("%+v, %v", id, err)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), "delegate: ") || len(err.Error()) > 120) {
			t.Fatal(err)
		}
	})
}
