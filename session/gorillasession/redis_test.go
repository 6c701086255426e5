package gorillasession_test

import (
	"encoding/hex"
	"errors"
	"math"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/gorillasession"
)

const sid = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRST"

func TestCookie(t *testing.T) {
	aged := securecookie.CodecsFromPairs(hashKey, blockKey)
	aged[0].(*securecookie.SecureCookie).MaxAge(-60)
	codecs := securecookie.CodecsFromPairs([]byte("new"), nil, hashKey, blockKey)
	for name, test := range map[string]struct {
		value  string
		codecs []securecookie.Codec
		want   error
	}{
		"good":           {encode(t, "s", sid, hashKey, blockKey), codecs, nil},
		"new keys":       {encode(t, "s", sid, []byte("new")), codecs, nil},
		"expired":        {encode(t, "s", sid, hashKey, blockKey), aged, session.ErrNoCookie},
		"another name":   {encode(t, "t", sid, hashKey, blockKey), codecs, session.ErrBadCookie},
		"another key":    {encode(t, "s", sid, []byte("x"), blockKey), codecs, session.ErrBadCookie},
		"the bare id":    {sid, codecs, session.ErrBadCookie},
		"garbage":        {"!", codecs, session.ErrBadCookie},
		"too long":       {strings.Repeat("a", 4097), codecs, session.ErrBadCookie},
		"a map":          {encode(t, "s", map[any]any{"user": "alice"}, hashKey, blockKey), codecs, session.ErrBadCookie},
		"an empty id":    {encode(t, "s", "", hashKey, blockKey), codecs, session.ErrBadCookie},
		"a key of Redis": {encode(t, "s", "a:b", hashKey, blockKey), codecs, session.ErrBadCookie},
		"a path":         {encode(t, "s", "../x", hashKey, blockKey), codecs, session.ErrBadCookie},
		"a long id":      {encode(t, "s", strings.Repeat("A", 251), hashKey, blockKey), codecs, session.ErrBadCookie},
	} {
		id, err := gorillasession.Cookie("s", test.codecs...).ID("lang=cs; s=" + test.value)
		if !errors.Is(err, test.want) || (err == nil) != (id == sid) {
			t.Errorf("%s: %q, %v; want %v", name, id, err, test.want)
		}
	}
	// Keys of no use are nobody's bad cookie.
	_, err := gorillasession.Cookie("s", securecookie.CodecsFromPairs(nil, nil)...).ID("s=x")
	if err == nil || errors.Is(err, session.ErrBadCookie) || errors.Is(err, session.ErrNoCookie) {
		t.Errorf("no hash key: %v", err)
	}
}

func TestDecode(t *testing.T) {
	type inner struct {
		X any
		Y []profile
		z int
	}
	// Like gob, this registers under a name only; Decode does not look there.
	register(inner{}, time.Time{}, map[int]string{}, map[profile]bool{}, [2]int{}, [][]byte{}, uint8(0), float32(0), map[string][]string{})
	long := make([]any, 500)
	for i := range long {
		long[i] = int64(i)
	}
	when := time.Unix(1, 0).UTC()
	binary, err := when.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ value, want any }{
		"empty":       {map[any]any{}, map[string]any{}},
		"text":        {map[any]any{"a": "žofie"}, map[string]any{"a": "žofie"}},
		"integers":    {map[any]any{"a": 42, "b": -1, "c": int64(math.MinInt64), "d": uint8(200), "e": uint64(1 << 63), "f": math.MaxInt64}, map[string]any{"a": int64(42), "b": int64(-1), "c": int64(math.MinInt64), "d": int64(200), "e": uint64(1 << 63), "f": int64(math.MaxInt64)}},
		"numbers":     {map[any]any{"a": 1.5, "b": float32(-0.5), "c": 2i, "d": math.Inf(1), "e": 0.0}, map[string]any{"a": 1.5, "b": -0.5, "c": 2i, "d": math.Inf(1), "e": 0.0}},
		"others":      {map[any]any{"a": true, "b": false, "c": nil, "d": []byte("x")}, map[string]any{"a": true, "b": false, "c": nil, "d": []byte("x")}},
		"lists":       {map[any]any{"a": []string{"x", "y"}, "b": []int{}, "c": [2]int{1, 2}, "d": []any{1, nil, []any{"z"}}}, map[string]any{"a": []any{"x", "y"}, "b": []any{}, "c": []any{int64(1), int64(2)}, "d": []any{int64(1), nil, []any{"z"}}}},
		"maps":        {map[any]any{"a": map[string]any{"b": map[string][]string{"c": {"d"}}}, "e": map[int]string{1: "f"}}, map[string]any{"a": map[string]any{"b": map[string]any{"c": []any{"d"}}}, "e": map[any]any{int64(1): "f"}}},
		"structs":     {map[any]any{"a": profile{"x", 0}, "b": &inner{Y: []profile{{}, {"y", 1}}, z: 5}}, map[string]any{"a": map[string]any{"Name": "x"}, "b": map[string]any{"Y": []any{map[string]any{}, map[string]any{"Name": "y", "Age": int64(1)}}}}},
		"types":       {map[any]any{"a": []any{profile{"x", 1}, inner{X: profile{"y", 2}}}, "b": inner{X: inner{X: []any{profile{}}}}}, map[string]any{"a": []any{map[string]any{"Name": "x", "Age": int64(1)}, map[string]any{"X": map[string]any{"Name": "y", "Age": int64(2)}}}, "b": map[string]any{"X": map[string]any{"X": []any{map[string]any{}}}}}},
		"opaque":      {map[any]any{"a": when, "b": []any{when}}, map[string]any{"a": binary, "b": []any{binary}}},
		"keys":        {map[any]any{keyType("a"): 1, 7: 2, 1.5: 3, true: 4, "b": 5}, map[string]any{"a": int64(1), "b": int64(5)}},
		"by text":     {map[string]any{"a": 1}, map[string]any{"a": int64(1)}},
		"long list":   {map[any]any{"a": long}, map[string]any{"a": long}},
		"long string": {map[any]any{"a": strings.Repeat("x", 100_000)}, map[string]any{"a": strings.Repeat("x", 100_000)}},
	} {
		got, err := gorillasession.Decode(gobOf(t, test.value))
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %#v, %v; want %#v", name, got, err, test.want)
		}
	}
	fixture, err := os.ReadFile("testdata/gorilla-redistore.bin")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := gorillasession.Decode(fixture); err != nil || !reflect.DeepEqual(got, map[string]any{"userID": int64(42)}) {
		t.Errorf("the fixture: %#v, %v", got, err)
	}
}

// Nothing that is cut off, changed or made up is read as far as it goes.
func TestDecodeRefuses(t *testing.T) {
	good := gobOf(t, map[any]any{"user": "alice", "profile": profile{"x", 1}})
	for i := range good {
		if got, err := gorillasession.Decode(good[:i]); err == nil {
			t.Errorf("the first %d bytes: %v", i, got)
		}
	}
	// What the inputs below are made of is right.
	if got, err := gorillasession.Decode(unhex(t, "0d 7f 04 01 02 ff80 00 01 10 01 10 00 00 04 ff80 00 00")); err != nil || len(got) != 0 {
		t.Fatalf("%v, %v", got, err)
	}
	deep := any("x")
	for range 200 {
		deep = []any{deep}
	}
	register(map[profile]bool{}, []profile{})
	many := make([]profile, 11_000)
	for name, data := range map[string][]byte{
		"something after it":        append(good[:len(good):len(good)], 0),
		"a second value":            append(good[:len(good):len(good)], good...),
		"text":                      gobOf(t, "alice"),
		"a list":                    gobOf(t, []string{"user", "alice"}),
		"too deep":                  gobOf(t, map[any]any{"a": deep}),
		"too many":                  gobOf(t, map[any]any{"a": many}),
		"two keys of a text":        gobOf(t, map[any]any{"user": "alice", keyType("user"): "bob"}),
		"a struct as a key":         gobOf(t, map[any]any{"a": map[profile]bool{{"x", 1}: true}}),
		"JSON":                      []byte(`{"user":"alice"}`),
		"an undefined type":         unhex(t, "04 ff80 00 00"),
		"a type defined twice":      unhex(t, "0d 7f 04 01 02 ff80 00 01 10 01 10 00 00 0d 7f 04 01 02 ff80 00 01 10 01 10 00 00 04 ff80 00 00"),
		"string defined anew":       unhex(t, "0d 0b 04 01 02 ff80 00 01 10 01 10 00 00 0d 7f 04 01 02 ff80 00 01 10 01 10 00 00 04 ff80 00 00"),
		"a type of two kinds":       unhex(t, "16 7f 02 01 02 ff80 00 01 10 00 02 01 02 ff80 00 01 10 01 10 00 00 04 ff80 00 00"),
		"a type of no kind":         unhex(t, "02 7f 00 04 ff80 00 00"),
		"a map of 2^40":             unhex(t, "0d 7f 04 01 02 ff80 00 01 10 01 10 00 00 09 ff80 00 fa 010000000000"),
		"a map of 2^64 - 1":         unhex(t, "0d 7f 04 01 02 ff80 00 01 10 01 10 00 00 0c ff80 00 f8 ffffffffffffffff"),
		"a string of 2^40":          unhex(t, "0d 7f 04 01 02 ff80 00 01 10 01 10 00 00 13 ff80 00 01 06 737472696e67 0c 00 fa 010000000000"),
		"a message of 2^40":         unhex(t, "fa 010000000000"),
		"a number of 9 bytes":       unhex(t, "f7 00000000000000000d 7f 04 01 02 ff80 00 01 10 01 10 00 00 04 ff80 00 00"),
		"something after a type":    unhex(t, "12 7f 04 01 02 ff80 00 01 10 01 10 00 00 04 ff80 00 00"),
		"a field after the last":    unhex(t, "11 7f 03 01 02 ff80 00 01 01 01 01 41 01 0c 00 00 00 09 ff80 01 01 61 01 01 62 00"),
		"the smallest number":       unhex(t, "0a f8 ffffffffffffffff 00"),
		"no messages":               nil,
		"an empty message":          unhex(t, "00"),
		"zeros":                     make([]byte, 100),
		"a value out of place":      unhex(t, "0d 7f 04 01 02 ff80 00 01 10 01 10 00 00 04 ff80 01 00"),
		"more fields than there is": unhex(t, "10 7f 03 01 01 01 50 01 ff80 00 01 01 01 01 41 01 0c 00 00 00 05 ff80 05 01 00"),
	} {
		for range 20 { // Go's maps have no order
			if got, err := gorillasession.Decode(data); err == nil || !strings.HasPrefix(err.Error(), "gorillasession: ") {
				t.Errorf("%s: %v, %v", name, got, err)
				break
			}
		}
	}
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// However much an input says it holds, it costs a bounded amount of memory.
func TestDecodeMemory(t *testing.T) {
	lists := unhex(t, "0d 7f 04 01 02 ff80 00 01 10 01 10 00 00")
	body := unhex(t, "ff80 00 01 06 737472696e67 0c 02 00 00 0e 5b5d696e74657266616365207b7d ff83 02 01 02 ff84 00 01 10 00 00 00 ff84 00 00 fd 0186a0")
	for len(body) < 250_000 { // lists of lists of ... that all say that they have 100,000 elements
		body = append(body, unhex(t, "0e 5b5d696e74657266616365207b7d ff84 00 00 fd 0186a0")...)
	}
	hostile := append(append(lists, 0xfd, byte(len(body)>>16), byte(len(body)>>8), byte(len(body))), body...)
	structs := make([]profile, 4900)
	for i := range structs {
		structs[i].Age = 1
	}
	register([]profile{})
	for name, data := range map[string][]byte{
		"nested lists": hostile,
		"structs":      gobOf(t, map[any]any{"a": structs}),
		"nothing":      gobOf(t, map[any]any{"a": make([]any, 9900)}),
	} {
		var err error
		if n := allocated(func() { _, err = gorillasession.Decode(data) }); n > 4<<20 {
			t.Errorf("%s: %d bytes allocate %d (%v)", name, len(data), n, err)
		} else {
			t.Logf("%s: %d bytes allocate %d (%v)", name, len(data), n, err)
		}
	}
}
