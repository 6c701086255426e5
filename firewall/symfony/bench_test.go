package symfony_test

import (
	"context"
	"os"
	"testing"

	"github.com/rollcall-go/rollcall/firewall/symfony"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/php"
)

// sessionToIdentity returns a function that takes the user out of the bytes of a
// session.
func sessionToIdentity(tb testing.TB, file, in string) func() {
	data, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	identify, err := symfony.New(&symfony.Options{Contexts: []string{in}, Users: users})
	if err != nil {
		tb.Fatal(err)
	}
	ctx := context.Background()
	return func() {
		values, err := php.Decode(data)
		if err != nil {
			tb.Fatal(err)
		}
		if id, err := identify(ctx, &session.Session{Values: values}); err != nil || id == nil {
			tb.Fatal(id, err)
		}
	}
}

// The sessions of the benchmark, of 1018, 1341, 1960 and 17623 bytes.
var measured = []struct{ name, file, context string }{
	{"form", "testdata/given/sf5.4.53-debian/form.sess", "main"},
	{"entity", "testdata/given/sf5.4.53-debian/ent.sess", "ent"},
	{"switch", "testdata/given/sf5.4.53-debian/switch.sess", "main"},
	{"igbinary", "testdata/given/serializer-igbinary/form.sess", "main"},
	{"big", "testdata/given/sf5.4.53-debian/big.sess", "ent"},
}

func BenchmarkIdentity(b *testing.B) {
	for _, m := range measured {
		b.Run(m.name, func(b *testing.B) {
			f := sessionToIdentity(b, m.file, m.context)
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}

func TestAllocations(t *testing.T) {
	for _, m := range measured {
		const most = 30
		if n := testing.AllocsPerRun(100, sessionToIdentity(t, m.file, m.context)); n > most {
			t.Errorf("%s: %v allocations; want at most %d", m.name, n, most)
		}
	}
}
