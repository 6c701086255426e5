package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

// shelf is a store in memory.
type shelf struct {
	fetch  func(ctx context.Context, ids []string, max int) []session.Record
	calls  atomic.Int32
	closed atomic.Bool
}

func (s *shelf) Fetch(ctx context.Context, ids []string, max int) []session.Record {
	s.calls.Add(1)
	return s.fetch(ctx, ids, max)
}

func (s *shelf) Close() error { s.closed.Store(true); return nil }

// holding returns a store that has these sessions.
func holding(data map[string]string) *shelf {
	return &shelf{fetch: func(_ context.Context, ids []string, max int) []session.Record {
		records := session.Fail(len(ids), session.ErrNotFound)
		for i, id := range ids {
			if d, ok := data[id]; ok {
				records[i] = session.Record{Data: []byte(d)}
			}
		}
		return records
	}}
}

// words decodes "a=1 b=2".
func words(data []byte) (map[string]any, error) {
	values := make(map[string]any)
	for word := range strings.FieldsSeq(string(data)) {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			return nil, errors.New("no equals sign")
		}
		values[key] = value
	}
	return values, nil
}

func TestReadMany(t *testing.T) {
	store := holding(map[string]string{"a": "user=alice", "b": "user=bob", "bad": "nonsense", "full": "x=" + strings.Repeat("x", 48), "long": "x=" + strings.Repeat("x", 49)})
	r := session.New(store, &session.Options{Decode: words, MaxBytes: 50})
	results := r.ReadMany(t.Context(), []string{"b", "bad", "none", "a", "long", "full", "a"})
	var got []string
	for _, result := range results {
		switch {
		case result.Session != nil && result.Err == nil:
			user, _ := result.Session.String("user")
			got = append(got, result.Session.ID+" "+user)
		case result.Session != nil:
			t.Errorf("both a session and %v", result.Err)
		case errors.Is(result.Err, session.ErrNotFound):
			got = append(got, "not found")
		case errors.Is(result.Err, session.ErrUnreadable):
			got = append(got, "unreadable")
		default:
			t.Error(result.Err)
		}
	}
	if want := []string{"b bob", "unreadable", "not found", "a alice", "unreadable", "full ", "a alice"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if n := store.calls.Load(); n != 2 {
		t.Errorf("the store was asked %d times, want once, and once more for what is unreadable", n)
	}
	r.Close()
	if !store.closed.Load() {
		t.Error("the store is not closed")
	}
}

// What is half written at first is read a second time, and only that.
func TestTornSession(t *testing.T) {
	var asked []string
	store := &shelf{}
	store.fetch = func(_ context.Context, ids []string, max int) []session.Record {
		asked = append(asked, strings.Join(ids, ","))
		records := make([]session.Record, len(ids))
		for i, id := range ids {
			records[i].Data = []byte("user=" + id)
			if id == "b" && len(asked) == 1 {
				records[i].Data = []byte("us")
			}
		}
		return records
	}
	results := session.New(store, &session.Options{Decode: words}).ReadMany(t.Context(), []string{"a", "b", "c"})
	for i, id := range []string{"a", "b", "c"} {
		if results[i].Err != nil || results[i].Session.ID != id || results[i].Session.Values["user"] != id {
			t.Errorf("%+v", results[i])
		}
	}
	if want := []string{"a,b,c", "b"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}

func TestUnwrap(t *testing.T) {
	unwrap := func(data []byte, max int) ([]byte, error) {
		if max != 50 {
			t.Errorf("the limit is %d", max)
		}
		data, ok := bytes.CutPrefix(data, []byte("wrapped:"))
		if !ok {
			return nil, errors.New("not wrapped")
		}
		return data, nil
	}
	store := holding(map[string]string{"a": "wrapped:user=alice", "b": "user=bob"})
	r := session.New(store, &session.Options{Unwrap: unwrap, Decode: words, MaxBytes: 50})
	if s, err := r.Read(t.Context(), "a"); err != nil || s.Values["user"] != "alice" {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := r.Read(t.Context(), "b"); !errors.Is(err, session.ErrUnreadable) {
		t.Error(err)
	}
}

// A store that waits for ever is not waited for, and the error tells it from a
// session that is not there.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{fetch: func(ctx context.Context, ids []string, _ int) []session.Record {
			<-ctx.Done()
			return session.Fail(len(ids), ctx.Err())
		}}
		start := time.Now()
		_, err := session.New(store, nil).Read(t.Context(), "a")
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, session.ErrNotFound) || time.Since(start) != 2*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if _, err := session.New(store, &session.Options{Timeout: time.Second}).Read(t.Context(), "a"); err == nil || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestCheck(t *testing.T) {
	if err := session.New(holding(nil), nil).Check(t.Context()); err != nil {
		t.Error(err)
	}
	down := &shelf{fetch: func(_ context.Context, ids []string, _ int) []session.Record {
		return session.Fail(len(ids), errors.New("refused"))
	}}
	if err := session.New(down, nil).Check(t.Context()); err == nil || err.Error() != "refused" {
		t.Error(err)
	}
	generous := &shelf{fetch: func(_ context.Context, ids []string, _ int) []session.Record {
		return []session.Record{{}}
	}}
	if err := session.New(generous, &session.Options{Decode: words}).Check(t.Context()); err == nil {
		t.Error("a store that has every session passes")
	}
}

func TestTooFewRecords(t *testing.T) {
	store := &shelf{fetch: func(context.Context, []string, int) []session.Record { return nil }}
	if s, err := session.New(store, nil).Read(t.Context(), "a"); s != nil || err == nil || errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrUnreadable) {
		t.Errorf("%v, %v", s, err)
	}
}

// One session that makes a decoder panic is no reason to doubt the others.
func TestDecodePanics(t *testing.T) {
	store := holding(map[string]string{"good": "user=alice", "bad": "secret"})
	r := session.New(store, &session.Options{Decode: func(data []byte) (map[string]any, error) {
		if string(data) == "secret" {
			panic(string(data))
		}
		return words(data)
	}})
	results := r.ReadMany(t.Context(), []string{"bad", "good"})
	if err := results[0].Err; !errors.Is(err, session.ErrUnreadable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	if results[1].Err != nil {
		t.Error(results[1].Err)
	}
}

func TestWatchUnsupported(t *testing.T) {
	if err := session.New(holding(nil), nil).Watch(t.Context(), nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}

func TestNewPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a nil store is taken")
		}
	}()
	session.New(nil, nil)
}

func TestOpen(t *testing.T) {
	session.Register(func(dsn string) (session.Store, error) {
		if dsn == "Test://bad" {
			return nil, errors.New("teststore: bad")
		}
		return holding(map[string]string{"a": "from=" + dsn}), nil
	}, "test", "test2")
	r, err := session.Open("Test://good?x=y", &session.Options{Decode: words})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := r.Read(t.Context(), "a"); err != nil || s.Values["from"] != "Test://good?x=y" {
		t.Errorf("%v, %v", s, err)
	}
	for dsn, want := range map[string]string{
		"":                             "has no scheme",
		"localhost":                    "has no scheme",
		"Test://bad":                   "teststore: bad",
		"redis://secret@localhost":     `import _ "github.com/rollcall-go/rollcall/session/redisstore"`,
		"PostgreSQL://u:secret@x/d":    `import _ "github.com/rollcall-go/rollcall/session/sqlstore"`,
		"mongodb://u:secret@localhost": "test, test2",
	} {
		if _, err := session.Open(dsn, nil); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v; want %q", dsn, err, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a scheme was registered twice")
		}
	}()
	session.Register[session.Store](nil, "test")
}

func TestLookup(t *testing.T) {
	s := session.Session{Values: map[string]any{
		"a": map[string]any{"b": map[any]any{"c": getter{"d": 7}}}, "null": nil, "text": "x",
	}}
	for path, want := range map[string]string{
		"a.b.c.d": "7 true", "a.b.c.e": "<nil> false", "a.b.x": "<nil> false", "a.x": "<nil> false", "x": "<nil> false",
		"null": "<nil> true", "null.x": "<nil> false", "text": "x true", "text.x": "<nil> false",
	} {
		value, ok := s.Lookup(strings.Split(path, ".")...)
		if got := fmt.Sprintf("%v %v", value, ok); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

type getter map[string]any

func (g getter) Get(key string) (any, bool) { v, ok := g[key]; return v, ok }

// The steps are told to who listens, and cost nothing otherwise.
func TestNotes(t *testing.T) {
	store := holding(map[string]string{"secret-id": "user=alice _evil=" + strings.Repeat("x", 20)})
	r := session.New(store, &session.Options{Decode: words})
	var notes []string
	ctx := session.WithNotes(t.Context(), func(text string) { notes = append(notes, text) })
	if _, err := r.Read(ctx, "secret-id"); err != nil {
		t.Fatal(err)
	}
	want := []string{"the store has it, in 37 bytes", `it decodes; its keys are "_evil", "user"`}
	if !slices.Equal(notes, want) {
		t.Errorf("%q, want %q", notes, want)
	}
	if n := testing.AllocsPerRun(100, func() {
		session.Note(t.Context(), func() string { return fmt.Sprint("x", notes) })
	}); n != 0 {
		t.Errorf("a note to nobody allocates %v times", n)
	}
}
