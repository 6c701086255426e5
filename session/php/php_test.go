package php

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// TestLikePHP decodes random sessions that PHP encodes, and compares them with
// what PHP decodes itself.
func TestLikePHP(t *testing.T) {
	const condition = `exit(PHP_VERSION_ID >= 80100 && extension_loaded('session') && extension_loaded('json') ? 0 : 1);`
	testserver.Try(t, "php-cli", "php", "-r", condition)
	for handler, decode := range handlers {
		cmd := exec.Command("php", "-d", "session.serialize_handler="+handler, "testdata/encode.php", t.TempDir(), "52", "500")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", handler, err)
		}
		lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
		if len(lines) != 500 {
			t.Fatalf("%s: PHP wrote %d sessions: %.200s", handler, len(lines), out)
		}
		for _, line := range lines {
			encoded, want, _ := strings.Cut(string(line), "\t")
			data, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil {
				t.Fatal(err)
			}
			for _, decode := range []func([]byte) (map[string]any, error){decode, Decode} {
				values, err := decode(data)
				if err != nil {
					t.Errorf("%s: %q: %v", handler, data, err)
					break
				}
				if got := exactJSON(values); !reflect.DeepEqual(got, parseJSON(t, want)) {
					t.Errorf("%s: %q:\n%v\nPHP reads\n%s", handler, data, got, want)
					break
				}
			}
		}
	}
}

// parseJSON returns integers as int64 and numbers with a point or an exponent as
// float64.
func parseJSON(t *testing.T, text string) any {
	t.Helper()
	var value any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return numbers(t, value)
}

func numbers(t *testing.T, value any) any {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = numbers(t, v[key])
		}
	case json.Number:
		if i, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return i
		}
		f, err := v.Float64()
		if err != nil {
			t.Fatal(err)
		}
		return floatBits(f)
	}
	return value
}

// floatBits makes zero and negative zero differ.
func floatBits(f float64) any { return math.Float64bits(f) }

// exactJSON returns what json_encode() shows of a value in testdata/encode.php.
func exactJSON(value any) any {
	v, ok := value.(phpserialize.Value)
	switch {
	case ok && v.Kind() == phpserialize.Enum:
		return v.Case() // which is its value too
	case ok && v.Kind() == phpserialize.Custom:
		nested, _ := v.Nested()
		return map[string]any{"ser": exactJSON(nested.Any())}
	case ok:
		elements := map[string]any{}
		for key, value := range v.All() {
			name, _ := key.Str()
			if i, ok := key.Int(); ok {
				name = strconv.FormatInt(i, 10)
			}
			if v.Kind() != phpserialize.Object || !strings.HasPrefix(name, "\x00") {
				elements[name] = exactJSON(value.Any())
			}
		}
		return elements
	}
	switch v := value.(type) {
	case map[string]any:
		elements := map[string]any{}
		for key, value := range v {
			elements[key] = exactJSON(value)
		}
		return elements
	case float64:
		return floatBits(v)
	}
	return value
}
