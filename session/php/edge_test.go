package php

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// handlers are the decoders of PHP's own handlers.
var handlers = map[string]func([]byte) (map[string]any, error){
	"php": DecodePHP, "php_binary": DecodeBinary, "php_serialize": DecodeSerialize,
}

// TestEdge decodes what session_encode() wrote in the cases of testdata/edge,
// and compares it with what PHP itself decoded.
func TestEdge(t *testing.T) {
	type expectation struct {
		Encoded bool
		Keys    []any
		JSON    string
	}
	var manifest map[string]expectation
	raw, err := os.ReadFile("testdata/edge/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		t.Fatal(err)
	}
	for name, want := range manifest {
		if !want.Encoded {
			continue
		}
		data, err := os.ReadFile("testdata/edge/" + name + ".sess")
		if err != nil {
			t.Fatal(err)
		}
		kase, handler, _ := strings.Cut(name, ".")
		values, err := handlers[handler](data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		recognised, err := Decode(data)
		if err != nil || !reflect.DeepEqual(keys(recognised), keys(values)) {
			t.Errorf("%s: Decode finds the keys %q, %v; want %q", name, keys(recognised), err, keys(values))
		}
		var wanted []string
		for _, key := range want.Keys {
			if i, ok := key.(float64); ok {
				key = strconv.Itoa(int(i))
			}
			wanted = append(wanted, key.(string))
		}
		slices.Sort(wanted)
		if got := keys(values); !slices.Equal(got, wanted) {
			t.Errorf("%s: the keys %q; want %q", name, got, wanted)
		}
		compareJSON(t, kase, name, values, want.JSON)
	}
	if len(manifest) < 47 {
		t.Errorf("there are %d cases", len(manifest))
	}
}

func keys(values map[string]any) []string { return slices.Sorted(maps.Keys(values)) }

func compareJSON(t *testing.T, kase, name string, values map[string]any, want string) {
	t.Helper()
	switch kase {
	case "builtin_objects": // of which json_encode() shows what the class wants
		return
	case "opaque_serializable":
		// PHP knows that the class reads no values, and finds the object x.
		if y, ok := values["y"].(phpserialize.Value); !ok || y.Kind() != phpserialize.Unresolved {
			t.Errorf("%s: y is %v; want an unresolved reference", name, values["y"])
		}
		values["y"] = values["x"]
	}
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if list, ok := wanted.([]any); ok && len(list) == 0 {
		wanted = map[string]any{}
	}
	got := map[string]any{}
	for key, value := range values {
		got[strings.ToValidUTF8(key, "\ufffd")] = jsonOf(value)
	}
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("%s: %v; want %v", name, got, wanted)
	}
}

// jsonOf returns what json.Unmarshal makes of PHP's json_encode(value).
func jsonOf(value any) any {
	switch v := value.(type) {
	case int64:
		return float64(v)
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return float64(0)
		}
	case string:
		return strings.ToValidUTF8(v, "\ufffd")
	case phpserialize.Value:
		switch v.Kind() {
		case phpserialize.Array:
			return jsonArray(v)
		case phpserialize.Object:
			return jsonObject(v)
		case phpserialize.Custom: // whose class keeps what it wrote in its property v
			if nested, ok := v.Nested(); ok {
				return map[string]any{"v": jsonOf(nested.Any())}
			}
			payload, _ := v.Payload()
			return map[string]any{"v": string(payload)}
		}
	}
	return value
}

// jsonArray returns a list if the keys are those of one.
func jsonArray(v phpserialize.Value) any {
	list := []any{}
	object := map[string]any{}
	for key, value := range v.All() {
		if i, ok := key.Int(); ok && int(i) == len(list) {
			list = append(list, jsonOf(value.Any()))
		}
		name := jsonOf(key.Any())
		if i, ok := key.Int(); ok {
			name = strconv.FormatInt(i, 10)
		}
		object[name.(string)] = jsonOf(value.Any())
	}
	if len(list) == len(object) {
		return list
	}
	return object
}

// jsonObject returns the public properties.
func jsonObject(v phpserialize.Value) any {
	object := map[string]any{}
	for key, value := range v.All() {
		if name, ok := key.Str(); ok && !strings.HasPrefix(name, "\x00") {
			object[strings.ToValidUTF8(name, "\ufffd")] = jsonOf(value.Any())
		} else if i, ok := key.Int(); ok {
			object[strconv.FormatInt(i, 10)] = jsonOf(value.Any())
		}
	}
	return object
}
