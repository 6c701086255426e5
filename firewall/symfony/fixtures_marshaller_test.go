package symfony_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/marshaller"
	"github.com/rollcall-go/rollcall/session/php"
)

// checkMarshallers checks a folder without a manifest in which one session lies
// as several of Symfony's marshallers store it, with the keys in hexadecimal form
// of the one that encrypts. All must have the same user.
func (n *tally) checkMarshallers(t *testing.T, dir string) {
	t.Helper()
	keys, err := filepath.Glob(filepath.Join(dir, "*.hex"))
	if err != nil || len(keys) != 1 {
		t.Fatalf("the keys are %q, %v", keys, err)
	}
	text, err := os.ReadFile(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	unseal, err := marshaller.Unseal(key)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.raw"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there is a key in the folder, but no session: %v", err)
	}
	n.folders++
	var sessions [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if opened, err := unseal(data, 1<<20); err == nil {
			data = opened
		}
		if data, err = marshaller.Inflate(data, 1<<20); err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, data)
		n.wrapped++
		values, err := php.Decode(data)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		contexts := securityContexts(data)
		if len(contexts) == 0 {
			t.Errorf("%s: there is no token in it", file)
			continue
		}
		if id, err := identify(t, &session.Session{Values: values}, contexts...); id == nil {
			t.Errorf("%s: nobody, %v", file, err)
		}
	}
	for _, s := range sessions[1:] {
		if !bytes.Equal(s, sessions[0]) {
			t.Error("the marshallers do not have the same session")
		}
	}
}

var securityKey = regexp.MustCompile(`"_security_([^"]+)"`)

func securityContexts(data []byte) (contexts []string) {
	for _, m := range securityKey.FindAllSubmatch(data, -1) {
		contexts = append(contexts, string(m[1]))
	}
	return contexts
}
