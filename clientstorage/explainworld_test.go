package clientstorage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// newNamed is newShared for a node whose name is known.
func newNamed(t *testing.T, d clientstorage.Driver, name string) *clientstorage.Storage {
	t.Helper()
	s, err := clientstorage.New(d, &clientstorage.Options{Name: name, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

// Which list a user is in depends on the id of the node, which is random.
var anyList = regexp.MustCompile(`^list [0-9]+`)

// wantSteps wants the steps of an explanation, each as "yes what: detail".
func wantSteps(t *testing.T, e clientstorage.Explanation, visible, unread bool, want ...string) {
	t.Helper()
	var got []string
	for _, step := range e.Steps {
		found := "no"
		if step.Found {
			found = "yes"
		}
		detail := anyList.ReplaceAllString(step.Detail, "list N")
		got = append(got, fmt.Sprintf("%s %s: %s", found, step.What, detail))
	}
	if e.Visible != visible || e.Unread != unread || !slices.Equal(got, want) {
		t.Errorf("visible %t, unread %t, steps\n\t%s\nwant visible %t, unread %t, steps\n\t%s",
			e.Visible, e.Unread, strings.Join(got, "\n\t"), visible, unread, strings.Join(want, "\n\t"))
	}
}

func pageKey(s *clientstorage.Storage) string { return "rollcall:p:" + s.Node().String() + ":0" }

func leaseKey(s *clientstorage.Storage) string { return "rollcall:l:" + s.Node().String() }

// A world is two nodes, web-1 and web-2, of which web-2 can be cut off, and a
// storage that attaches nothing.
type world struct {
	cache    clientstorage.MemoryDriver
	link     link
	one, two *clientstorage.Storage
	reader   *clientstorage.Storage
}

func newWorld(t *testing.T) *world {
	w := &world{}
	w.link.Driver = &w.cache
	w.one, w.two = newNamed(t, &w.cache, "web-1"), newNamed(t, &w.link, "web-2")
	w.reader = newNamed(t, &w.cache, "cron")
	attach(t, w.one, "zoe")
	return w
}

func (w *world) drop(t *testing.T, key string) {
	t.Helper()
	if _, err := w.cache.Fetch(t.Context(), key); err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	if err := w.cache.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

func (w *world) spoil(t *testing.T, key string) {
	t.Helper()
	if err := w.cache.Save(t.Context(), key, []byte("\xa6secret"), time.Minute); err != nil {
		t.Fatal(err)
	}
}

// wantStep wants one of the steps, counted from the end if i is negative.
func wantStep(t *testing.T, e clientstorage.Explanation, i int, want string) {
	t.Helper()
	if i < 0 {
		i += len(e.Steps)
	}
	e.Steps = e.Steps[min(max(i, 0), len(e.Steps)):min(i+1, len(e.Steps))]
	wantSteps(t, e, e.Visible, e.Unread, want)
}

func wantErr(t *testing.T, e clientstorage.Explanation, want error) {
	t.Helper()
	if last := e.Steps[len(e.Steps)-1]; !errors.Is(last.Err, want) {
		t.Errorf("the last step has the error %v; want %v", last.Err, want)
	}
	if text := e.String(); !strings.Contains(text, want.Error()) || strings.Contains(text, "secret") {
		t.Errorf("the text must say %v, and not what the value is:\n%s", want, text)
	}
}
