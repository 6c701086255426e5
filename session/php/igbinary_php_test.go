package php

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// What real PHP encodes, random arrays, objects, enumerations, shared arrays,
// references and cycles, must come out as PHP itself sees it.
func TestIgbinaryOfPHP(t *testing.T) {
	testserver.Try(t, "php-cli php-igbinary", "php", "-r", "exit(extension_loaded('igbinary') ? 0 : 1);")
	for _, compact := range []string{"1", "0"} {
		cmd := exec.Command("php", "-d", "igbinary.compact_strings="+compact, "testdata/igbinary.php", "7", "400", t.TempDir())
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("php: %v", err)
		}
		sessions := 0
		lines := bufio.NewScanner(bytes.NewReader(out))
		for lines.Buffer(nil, 16<<20); lines.Scan(); sessions++ {
			want := strings.Split(lines.Text(), "\t")
			data, err := hex.DecodeString(want[0])
			if err != nil {
				t.Fatal(err)
			}
			values, err := decodeIgbinary(data)
			if err != nil {
				t.Fatalf("%x: %v", data, err)
			}
			got := want[:1:1]
			for key, value := range values {
				got = append(got, fmt.Sprintf("%x=%s", key, dump(value, 1)))
			}
			slices.Sort(got[1:])
			slices.Sort(want[1:])
			if !slices.Equal(got, want) {
				t.Fatalf("got  %q\nwant %q", got, want)
			}
		}
		if sessions != 400 {
			t.Fatalf("php printed %d sessions", sessions)
		}
	}
}

// dump does as dump in testdata/igbinary.php.
func dump(value any, depth int) string {
	switch v := value.(type) {
	case nil:
		return "NULL"
	case bool, int64:
		if v == int64(math.MinInt64) {
			return "-9223372036854775807-1" // as var_export has it
		}
		return fmt.Sprint(v)
	case float64:
		if math.IsNaN(v) {
			return "float nan"
		}
		return fmt.Sprintf("float %016x", math.Float64bits(v))
	case string:
		return fmt.Sprintf("string %x", v)
	case phpserialize.Value:
		return dumpValue(v, depth)
	}
	return fmt.Sprintf("%T", value)
}

func dumpValue(v phpserialize.Value, depth int) string {
	if v.Kind() == phpserialize.Enum {
		return "enum " + v.Class() + ":" + v.Case()
	}
	if depth > 8 {
		return "..."
	}
	var parts []string
	for key, value := range v.All() {
		name, isString := key.Str()
		if name = hex.EncodeToString([]byte(name)) + "'"; !isString {
			i, _ := key.Int()
			name = strconv.FormatInt(i, 10)
		}
		parts = append(parts, name+"="+dump(value.Any(), depth+1))
	}
	name := "array"
	if v.Kind() == phpserialize.Object {
		name = v.Class()
	}
	return name + "(" + strings.Join(parts, " ") + ")"
}

// The fixtures are sessions of a real Symfony website.
func TestIgbinaryFixtures(t *testing.T) {
	found := 0
	eachFixture(t, func(name string, data []byte, context, user *string) {
		if !bytes.HasPrefix(data, []byte(igbinaryHeader)) {
			return
		}
		found++
		values, err := decodeIgbinary(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		checkSymfony(t, name, values, context, user)
	})
	if found < 4 {
		t.Errorf("there are only %d sessions", found)
	}
}

// eachFixture calls test with each session of each manifest.json in testdata. The
// context and the user are nil if nobody is signed in.
func eachFixture(t *testing.T, test func(name string, data []byte, context, user *string)) {
	t.Helper()
	err := filepath.WalkDir("testdata", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Base(path) == "manifest.json" {
			eachSession(t, path, test)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func eachSession(t *testing.T, path string, test func(name string, data []byte, context, user *string)) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var manifest map[string]json.RawMessage
	if json.Unmarshal(raw, &manifest) != nil {
		return // it is a list, of something else
	}
	for name, raw := range manifest {
		var entry struct {
			File    string
			Context *string
			Who     struct{ User *string }
		}
		if json.Unmarshal(raw, &entry) != nil || entry.File == "" {
			continue
		}
		if data, err := os.ReadFile(filepath.Join(filepath.Dir(path), entry.File)); err == nil {
			test(filepath.Base(filepath.Dir(path))+"/"+name, data, entry.Context, entry.Who.User)
		}
	}
}

// checkSymfony finds the token of the context, with the user in it, if there is
// to be one.
func checkSymfony(t *testing.T, name string, values map[string]any, context, user *string) {
	t.Helper()
	if _, ok := lookup(values, "_sf2_meta", "c"); !ok {
		t.Errorf("%s: there is no _sf2_meta", name)
	}
	if context == nil {
		attributes, _ := values["_sf2_attributes"].(phpserialize.Value)
		for key := range attributes.All() {
			if key, _ := key.Str(); strings.HasPrefix(key, "_security_") {
				t.Errorf("%s: there is %s, although nobody is signed in", name, key)
			}
		}
		return
	}
	firewall, _, _ := strings.Cut(*context, " ")
	token, ok := lookup(values, "_sf2_attributes", "_security_"+firewall)
	if text, isString := token.(string); !ok || !isString || !strings.Contains(text, *user) {
		t.Errorf("%s: the token of %s is %v", name, firewall, token)
	}
}

// lookup is session.Session.Lookup.
func lookup(values map[string]any, path ...string) (value any, ok bool) {
	value, ok = values[path[0]]
	for _, key := range path[1:] {
		getter, isGetter := value.(interface{ Get(string) (any, bool) })
		if !isGetter {
			return nil, false
		}
		value, ok = getter.Get(key)
	}
	return value, ok
}
