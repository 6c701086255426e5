package decorator_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// BenchmarkWrapped measures what each decorator adds to a driver in memory, with
// a value of the size of a full page.
func BenchmarkWrapped(b *testing.B) {
	ctx := context.Background()
	value := []byte(strings.Repeat("0123456789abcdef", 64))
	for _, w := range wrappers {
		d := w.wrap(b, new(clientstorage.MemoryDriver))
		b.Run("Save/"+w.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Save(ctx, "key", value, time.Hour); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("Fetch/"+w.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got, err := d.Fetch(ctx, "key"); err != nil || len(got) != len(value) {
					b.Fatal(len(got), err)
				}
			}
		})
	}
}

// Decorators that only pass a call on must not allocate for it.
func TestWrappedAllocations(t *testing.T) {
	ctx := t.Context()
	value := []byte("value")
	most := map[string]float64{"none": 1, "chain": 1, "prefix": 2, "retry": 1, "observe": 1}
	for _, w := range wrappers {
		want, ok := most[w.name]
		if !ok {
			continue
		}
		d := w.wrap(t, new(clientstorage.MemoryDriver))
		if err := d.Save(ctx, "key", value, time.Hour); err != nil {
			t.Fatal(err)
		}
		got := testing.AllocsPerRun(100, func() { d.Fetch(ctx, "key") })
		if got > want {
			t.Errorf("Fetch through %s allocates %v times; want %v: the value and nothing else", w.name, got, want)
		}
	}
}
