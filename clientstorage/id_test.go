package clientstorage_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/clientstorage"
)

func TestIDText(t *testing.T) {
	s := newLocal(t)
	id := attach(t, s, "alice").ID
	text := id.String()
	if len(text) != 22 || !strings.HasPrefix(text, s.Node().String()) {
		t.Errorf("id %q is not 22 characters that begin with the node, %q", text, s.Node())
	}
	got, err := clientstorage.ParseID(text)
	if err != nil || got != id {
		t.Errorf("ParseID(%q) = %v, %v", text, got, err)
	}
	b, err := json.Marshal(map[string]clientstorage.ID{"id": id})
	if err != nil || string(b) != `{"id":"`+text+`"}` {
		t.Errorf("json: %s, %v", b, err)
	}
	var back struct{ ID clientstorage.ID }
	if err := json.Unmarshal(b, &back); err != nil || back.ID != id {
		t.Errorf("json back: %v, %v", back.ID, err)
	}
}

// FuzzParseID checks that an id has one spelling: what is read is written the
// same.
func FuzzParseID(f *testing.F) {
	f.Add("AAAAAAAAAAEAAAAAAAAAAQ")
	f.Add("AAAAAAAAAAEAAAAAAAAAAA") // generation 0
	f.Add("AAAAAAAAAAFAAAAAAAAAAQ") // bits beyond the eighth byte
	f.Add("AAAAAAAAAAE=AAAAAAAAAA")
	f.Add(strings.Repeat("\n", 22))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := clientstorage.ParseID(text)
		if err != nil {
			if !id.IsZero() {
				t.Errorf("ParseID(%q) returned an id with the error %v", text, err)
			}
			return
		}
		if id.IsZero() || id.String() != text {
			t.Errorf("ParseID(%q) = %v", text, id)
		}
	})
}
