package session

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

type notesKey struct{}

// WithNotes returns a context that lets note hear, step by step, what is done
// with a session, for people who look for a mistake in their configuration. The
// texts quote names, lengths and classes, no session id and no value of a
// session. note is called by whoever works with the context, maybe concurrently.
func WithNotes(ctx context.Context, note func(text string)) context.Context {
	return context.WithValue(ctx, notesKey{}, note)
}

// Note is called by those who take a step that is worth a note. If nobody
// listens, text is not called, and nothing is allocated.
func Note(ctx context.Context, text func() string) {
	if note, ok := ctx.Value(notesKey{}).(func(string)); ok {
		note(text())
	}
}

// names lists the keys of a session, shortened: an attacker may have chosen one.
func names(values map[string]any) string {
	const most = 20
	keys := slices.Sorted(maps.Keys(values))
	var b strings.Builder
	for i, key := range keys {
		if i == most {
			b.WriteString(", ...")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%.64q", key)
	}
	return b.String()
}
