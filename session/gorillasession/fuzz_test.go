package gorillasession_test

import (
	"bytes"
	"encoding/gob"
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/gorillasession"
)

// FuzzDecode checks that no input costs more than a bounded amount of memory, and
// that what is read has keys only once.
func FuzzDecode(f *testing.F) {
	register(profile{}, []profile{}, time.Time{}, map[int]string{})
	fixture, err := os.ReadFile("testdata/gorilla-redistore.bin")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(fixture)
	f.Add(gobOf(f, map[any]any{"user": "alice", "roles": []string{"a"}, "p": profile{"x", 1}, "t": []any{time.Time{}, profile{}}}))
	f.Add(gobOf(f, map[any]any{"a": map[string]any{"b": []any{1, -1.5, 2i, []byte("x"), nil, true}}, "c": map[int]string{1: "d"}}))
	f.Add(gobOf(f, map[string]any{"a": []profile{{"x", 1}, {}}}))
	f.Add([]byte("\x0d\x7f\x04\x01\x02\xff\x80\x00\x01\x10\x01\x10\x00\x00\x09\xff\x80\x00\xfa\x01\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var values map[string]any
		var err error
		if n := allocated(func() { values, err = gorillasession.Decode(data) }); n > uint64(1<<16+400*len(data)) && n > 5<<20 {
			t.Fatalf("%d bytes allocate %d", len(data), n)
		}
		if err != nil && (values != nil || !strings.HasPrefix(err.Error(), "gorillasession: ")) {
			t.Fatalf("%v, %v", values, err)
		}
	})
}

// FuzzLikeGob checks that Decode reads what encoding/gob writes, as it was.
func FuzzLikeGob(f *testing.F) {
	f.Add("user", "alice", int64(42), 1.5, []byte("x"), uint64(math.MaxUint64), true)
	f.Add("", "", int64(math.MinInt64), math.Inf(-1), []byte{}, uint64(0), false)
	register(map[string]int64{}, map[string]any{}, []any{})
	f.Fuzz(func(t *testing.T, key, text string, i int64, number float64, raw []byte, u uint64, yes bool) {
		if math.IsNaN(number) || raw == nil {
			return
		}
		type pair struct{ sent, want any }
		var wantU any = u
		if u <= math.MaxInt64 {
			wantU = int64(u)
		}
		person := map[string]any{}
		if text != "" {
			person["Name"] = text
		}
		if int(i) != 0 {
			person["Age"] = i
		}
		sent, want := map[any]any{}, map[string]any{}
		for k, p := range map[string]pair{
			"text": {text, text}, "int": {i, i}, "float": {number, number}, "uint": {u, wantU}, "bool": {yes, yes},
			"list": {[]any{text, i, nil, profile{text, int(i)}}, []any{text, i, nil, person}},
			"map":  {map[string]any{key: profile{text, int(i)}}, map[string]any{key: person}},
			"ints": {map[string]int64{key: i}, map[string]any{key: i}},
			"raw":  {raw, raw}, "nil": {nil, nil},
		} {
			sent[key+k], want[key+k] = p.sent, p.want
		}
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(sent); err != nil {
			t.Fatal(err)
		}
		got, err := gorillasession.Decode(b.Bytes())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%#v, %v; want %#v", got, err, want)
		}
	})
}

// FuzzCookies checks that no cookie is taken that the website did not make. One
// that it made has several spellings, for securecookie takes base64 whose last
// bits are not zero.
func FuzzCookies(f *testing.F) {
	good, signed := encode(f, "s", map[any]any{"user": "alice"}, hashKey), encode(f, "s", sid, hashKey)
	f.Add("s=" + good)
	f.Add("a=b; s=" + signed)
	f.Add("s=%" + good + "; s=\"x\"")
	h := gorillasession.New(sessions.NewCookieStore(hashKey), "s")
	c := gorillasession.Cookie("s", securecookie.CodecsFromPairs(hashKey)...)
	f.Fuzz(func(t *testing.T, header string) {
		s, err := read(t, h, header)
		switch {
		case err == nil && (len(s.Values) != 1 || s.Values["user"] != "alice"):
			t.Fatalf("%v", s)
		case err != nil && !errors.Is(err, session.ErrNoCookie) && !errors.Is(err, session.ErrBadCookie) &&
			!errors.Is(err, session.ErrUnreadable) && !errors.Is(err, session.ErrNotFound):
			t.Fatal(err)
		}
		id, err := c.ID(header)
		if err == nil && id != sid || err != nil && !errors.Is(err, session.ErrNoCookie) && !errors.Is(err, session.ErrBadCookie) {
			t.Fatalf("%q, %v", id, err)
		}
	})
}
