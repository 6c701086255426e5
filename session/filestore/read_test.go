package filestore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

// A file that changes between the tries is read until it has settled.
func TestSettled(t *testing.T) {
	const soon = -time.Hour // by a clock that is ahead, so that the file stays young
	const enough = int(moment/pause) + 1
	twice := append(slices.Repeat([]string{"one"}, enough-1), slices.Repeat([]string{"two"}, enough)...)
	for name, test := range map[string]struct {
		contents []string // one for each try
		age      time.Duration
		want     string
		err      error
	}{
		"old":            {[]string{"session"}, time.Hour, "session", nil},
		"young":          {slices.Repeat([]string{"session"}, enough), soon, "session", nil},
		"growing":        {append([]string{"s", "ses"}, slices.Repeat([]string{"session"}, enough)...), soon, "session", nil},
		"another":        {twice, soon, "two", nil},
		"old and empty":  {[]string{""}, time.Hour, "", nil},
		"truncated":      {append(make([]string, enough+3), slices.Repeat([]string{"session"}, enough)...), soon, "session", nil},
		"always empty":   {make([]string, tries), soon, "", nil},
		"never the same": {strings.Split(strings.Repeat("a b ", tries), " ")[:tries], soon, "", session.ErrUnreadable},
	} {
		path := save(t, t.TempDir(), id, test.contents[0])
		at := time.Now().Add(-test.age)
		set := func(content string) {
			if err := errors.Join(os.WriteFile(path, []byte(content), 0o600), os.Chtimes(path, at, at)); err != nil {
				t.Fatal(err)
			}
		}
		set(test.contents[0])
		reads := 1
		got, err := settled(t.Context(), path, most, func(context.Context) error {
			if reads < len(test.contents) {
				set(test.contents[reads])
				reads++
			}
			return nil
		})
		if string(got.data) != test.want || !errors.Is(err, test.err) || reads != len(test.contents) {
			t.Errorf("%s: %q, %v after %d reads; want %q, %v after %d", name, got.data, err, reads, test.want, test.err, len(test.contents))
		}
	}
}

// A file that stays the same but for its time is being written.
func TestSame(t *testing.T) {
	now := time.Now()
	a := snapshot{[]byte("session"), now, true}
	for name, test := range map[string]struct {
		b    snapshot
		want bool
	}{
		"same":    {snapshot{[]byte("session"), now, true}, true},
		"touched": {snapshot{[]byte("session"), now.Add(1), true}, false},
		"other":   {snapshot{[]byte("Session"), now, true}, false},
		"a part":  {snapshot{[]byte("session"), now, false}, false},
	} {
		if got := test.b.same(a); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAge(t *testing.T) {
	for _, test := range []struct {
		data string
		age  time.Duration
		old  bool
	}{
		{"session", time.Second, true}, {"session", emptyMoment - 10*time.Millisecond, true}, {"session", 0, false}, {"session", -time.Hour, false},
		{"", 2 * time.Second, true}, {"", emptyMoment - 10*time.Millisecond, false}, {"", 0, false},
	} {
		now := time.Now()
		s := snapshot{data: []byte(test.data), modified: now.Add(-test.age)}
		if s.old(now) != test.old {
			t.Errorf("%q of %v: old is %v", test.data, test.age, !test.old)
		}
	}
}

func TestUnchanged(t *testing.T) {
	info := func(size int, modified time.Time) fs.FileInfo {
		info, err := fstest.MapFS{"f": {Data: make([]byte, size), ModTime: modified}}.Stat("f")
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	now := time.Now()
	before := info(7, now)
	for name, test := range map[string]struct {
		after fs.FileInfo
		n     int
		want  bool
	}{
		"unchanged": {info(7, now), 7, true},
		"modified":  {info(7, now.Add(1)), 7, false},
		"longer":    {info(8, now), 7, false},
		"part":      {info(7, now), 6, false},
	} {
		if got := unchanged(before, test.after, test.n); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSleep(t *testing.T) {
	if err := sleep(t.Context()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // a select of both would take either
		if err := sleep(ctx); err != nil {
			return
		}
	}
	t.Error("sleep does not heed its context")
}

// A context that ends while a file is awaited ends the waiting.
func TestContextOfYoungFile(t *testing.T) {
	path := save(t, t.TempDir(), id, "")
	age(t, path, -time.Hour)
	if _, err := settled(t.Context(), path, most, func(context.Context) error { return context.Canceled }); err != context.Canceled {
		t.Error(err)
	}
}
