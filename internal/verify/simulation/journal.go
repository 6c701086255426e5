package simulation

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// A journal remembers what happened: all of it, or the last of it.
type journal struct {
	mu      sync.Mutex
	began   time.Time
	all     bool
	done    bool // something went wrong; what follows does not matter
	entries []entry
}

// An entry is formatted when it is read, which it hardly ever is.
type entry struct {
	at     time.Duration
	format string
	args   []any
}

// lastEntries is how many entries are kept at least.
const lastEntries = 200

func (j *journal) note(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.done {
		return
	}
	if !j.all && len(j.entries) == 2*lastEntries {
		j.entries = append(j.entries[:0], j.entries[lastEntries:]...)
	}
	j.entries = append(j.entries, entry{time.Since(j.began), format, args})
}

func (j *journal) end() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done = true
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	entries := j.entries
	if !j.all {
		entries = entries[max(0, len(entries)-lastEntries):]
	}
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%12.6f %s\n", e.at.Seconds(), fmt.Sprintf(e.format, e.args...))
	}
	return b.String()
}

// Write lets the storages log into the journal.
func (j *journal) Write(line []byte) (int, error) {
	j.note("%s", strings.TrimSpace(string(line)))
	return len(line), nil
}

func (c *call) String() string { return c.verb.String() + " " + keysOf(c.items) }

func keysOf(items []clientstorage.Item) string {
	var b strings.Builder
	for i, item := range items {
		if i == 6 {
			fmt.Fprintf(&b, " and %d more", len(items)-i)
			break
		}
		b.WriteString(" " + strings.TrimPrefix(item.Key, prefix))
	}
	return b.String()[min(1, b.Len()):]
}

// An outcome is an error or nil, to be printed.
type outcome struct{ err error }

func (o outcome) String() string {
	if o.err == nil {
		return "ok"
	}
	return o.err.Error()
}
