package php

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
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
			encoded, want, _ := strings.Cut(lines.Text(), " ")
			data, err := hex.DecodeString(encoded)
			if err != nil {
				t.Fatal(err)
			}
			values, err := decodeIgbinary(data)
			if err != nil {
				t.Fatalf("%x: %v", data, err)
			}
			// The order of the session's keys is lost in the map.
			got := sorted(dumpMap(values))
			if want := sorted(want); got != want {
				t.Fatalf("%x:\n got %s\nwant %s", data, got, want)
			}
		}
		if sessions != 400 {
			t.Fatalf("php printed %d sessions", sessions)
		}
	}
}

// dumpMap does as dump in testdata/igbinary.php.
func dumpMap(values map[string]any) string {
	var parts []string
	for key, value := range values {
		parts = append(parts, dumpKey(key)+"="+dump(value, 1))
	}
	return "array(" + strings.Join(parts, " ") + ")"
}

func dumpKey(key string) string {
	if _, err := strconv.Atoi(key); err == nil {
		return key
	}
	return hex.EncodeToString([]byte(key)) + "'"
}

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

// sorted puts the elements of the outer array in order.
func sorted(dump string) string {
	var parts []string
	depth, from := 0, 0
	inner := strings.TrimSuffix(strings.TrimPrefix(dump, "array("), ")")
	for i := range len(inner) {
		switch inner[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ' ':
			if depth == 0 && strings.Contains(inner[i:], "=") && !strings.HasPrefix(inner[from:i], " ") && isPair(inner[i+1:]) {
				parts = append(parts, inner[from:i])
				from = i + 1
			}
		}
	}
	parts = append(parts, inner[from:])
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// isPair reports whether what follows a space is a key, and not the rest of a
// value such as "string 00".
func isPair(s string) bool {
	key, _, ok := strings.Cut(s, "=")
	return ok && !strings.ContainsAny(key, " ()")
}

// The fixtures are sessions of a real Symfony website, here and wherever
// ROLLCALL_FIXTURES says.
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

// eachFixture calls test with each session of each manifest.json in testdata and
// in ROLLCALL_FIXTURES. The context and the user are nil if nobody is signed in.
func eachFixture(t *testing.T, test func(name string, data []byte, context, user *string)) {
	t.Helper()
	for _, root := range []string{"testdata", os.Getenv("ROLLCALL_FIXTURES")} {
		if root == "" {
			continue
		}
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Base(path) == "manifest.json" {
				eachSession(t, path, test)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
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

func TestIgbinaryMalformed(t *testing.T) {
	for name, input := range map[string]string{
		"nothing":                   "",
		"a header only":             "00000002",
		"version 1":                 "000000011400",
		"a scalar":                  "000000020601",
		"an object":                 "00000002170873746443 6c6173731400",
		"a string id":               "000000020e00",
		"a reference":               "000000020100",
		"bytes after the end":       "00000002140000",
		"a count beyond the end":    "0000000216ffffffff",
		"a count too many":          "0000000214020600060106",
		"a key without a value":     "0000000214010600",
		"a key that is null":        "00000002140100",
		"a key that is a float":     "0000000214010c3ff800000000000006",
		"an unknown tag":            "000000021401060030",
		"a string beyond the end":   "00000002140106001105616161",
		"a huge string":             "000000021401060013ffffffff61",
		"a string that is not yet":  "0000000214010600 0e00",
		"a reference to nothing":    "0000000214010600 0105",
		"a reference to itself":     "00000002140106002501 01",
		"a reference twice":         "000000021401060025250601",
		"an int out of range":       "0000000214010600 208000000000000000",
		"an int below the range":    "0000000214010600 218000000000000001",
		"an object of no class":     "0000000214010600 170014 00",
		"an object without content": "0000000214010600 170161",
		"an object of a string":     "0000000214010600 1701611101 61",
		"a class that is no name":   "0000000214010600 17022e2e1400",
		"an enum without a case":    "0000000214010600 17016127",
		"an enum of an int":         "0000000214010600 170161270600",
		"a payload beyond the end":  "0000000214010600 1701611dff61",
	} {
		data, err := hex.DecodeString(strings.ReplaceAll(input, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if values, err := decodeIgbinary(data); !errors.Is(err, errIgbinary) {
			t.Errorf("%s: %v, %v", name, values, err)
		}
	}
}

func TestIgbinaryLimits(t *testing.T) {
	nested := func(depth int) []byte {
		return append(append([]byte(igbinaryHeader), bytes.Repeat([]byte("\x14\x01\x06\x00"), depth)...), 0)
	}
	if _, err := decodeIgbinary(nested(127)); err != nil {
		t.Errorf("127 arrays within one another: %v", err)
	}
	for _, depth := range []int{129, 100_000} {
		if _, err := decodeIgbinary(nested(depth)); err == nil {
			t.Errorf("%d arrays within one another are read", depth)
		}
	}
	// Each array holds the one before twice: 2^40 values to who walks through.
	bomb := []byte(igbinaryHeader + "\x14\x29\x06\x00\x14\x01\x06\x00\x05")
	for i := range byte(40) {
		bomb = append(bomb, 0x06, i+1, 0x14, 2, 0x06, 0, 0x01, i+1, 0x06, 1, 0x01, i+1)
	}
	values, err := decodeIgbinary(bomb)
	if err != nil || len(values) != 41 {
		t.Errorf("shared arrays: %d values, %v", len(values), err)
	}
	if v, ok := lookup(values, "40", "0", "1", "0"); !ok || v.(phpserialize.Value).Len() != 2 {
		t.Errorf("within shared arrays: %v, %v", v, ok)
	}
}

// A string that is written once and used 4096 times may be a value, but as a name
// it would have to be repeated.
func TestIgbinaryRepeated(t *testing.T) {
	long := strings.Repeat("n", 4000)
	repeated := func(element string) []byte {
		data := []byte(igbinaryHeader + "\x15\x10\x01\x06\x00\x12\x0f\xa0" + long)
		for i := 1; i <= 0x1000; i++ {
			data = append(append(data, 0x08, byte(i>>8), byte(i)), element...)
		}
		return data
	}
	if _, err := decodeIgbinary(repeated("\x14\x01\x0e\x00\x00")); err == nil {
		t.Error("a name of 4000 bytes that is repeated 4096 times is read")
	}
	values, err := decodeIgbinary(repeated("\x14\x01\x06\x00\x0e\x00"))
	if err != nil {
		t.Fatalf("a string that is repeated 4096 times: %v", err)
	}
	if v, _ := lookup(values, "4096", "0"); v != long {
		t.Error("a string that is repeated is not itself")
	}
}

// What an object wrote itself is not read, and does not disturb what follows.
func TestIgbinarySerializable(t *testing.T) {
	data, _ := hex.DecodeString("00000002" + "1403" + "0600" + "1701611d03" + "693a31" + "0601" + "14010600" + "110162" + "0602" + "0102")
	values, err := decodeIgbinary(data)
	if err != nil {
		t.Fatal(err)
	}
	if o := values["0"].(phpserialize.Value); o.Class() != "a" || o.Len() != 0 {
		t.Errorf("the object is %s with %d properties", o.Class(), o.Len())
	}
	if v, _ := lookup(values, "2", "0"); v != "b" {
		t.Errorf("what is shared after it is %v", v)
	}
}

func FuzzIgbinary(f *testing.F) {
	for _, seed := range []string{
		"1400", "1402060006010601110178", "1402060a14010c3ff80000000000000601250101", "14010600170161140111016205",
		"140206002514010600050601250101", "140111026d652514010e00250101", "14020600170153271101410601" + "2201",
		"14020600" + "1120" + strings.Repeat("41", 32) + "06010e00", "14010600" + "1701611d0161", "1402060014000601" + "0101",
	} {
		data, err := hex.DecodeString("00000002" + seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := fromIgbinary(data)
		if len(text) > igbinaryGrowth*len(data)+len(data) || cap(text) > 2*(igbinaryGrowth+1)*len(data)+64 {
			t.Fatalf("%d bytes become %d", len(data), len(text))
		}
		values, decodeErr := decodeIgbinary(data)
		if err != nil && decodeErr == nil {
			t.Fatal(err)
		}
		if decodeErr != nil {
			if !errors.Is(decodeErr, errIgbinary) {
				t.Fatal(decodeErr)
			}
			return
		}
		budget := 10_000
		for _, value := range values {
			walk(value, &budget)
		}
	})
}

// walk looks at everything, but not for ever.
func walk(value any, budget *int) {
	v, ok := value.(phpserialize.Value)
	if *budget--; !ok || *budget < 0 {
		return
	}
	_, _ = v.Class(), v.Case()
	for key, value := range v.All() {
		if name, ok := key.Str(); ok {
			v.Get(name)
		}
		walk(value.Any(), budget)
	}
}
