package conformance_test

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/conformance"
)

// startSpecimen serves until the test ends.
func startSpecimen(t *testing.T, f fault) (dial func() (net.Conn, error)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { serveSpecimen(conn, f) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }
}

// A server without a fault passes what needs no compression.
func TestSpecimenWithoutFault(t *testing.T) {
	t.Parallel()
	dial := startSpecimen(t, "")
	for _, c := range append(conformance.Cases(), conformance.Rules()...) {
		mass := strings.HasPrefix(c.ID, "9.") && !strings.HasPrefix(c.ID, "9.7.")
		if mass || strings.HasPrefix(c.ID, "12.") || strings.HasPrefix(c.ID, "13.") {
			continue
		}
		r := c.Run(t.Context(), dial, conformance.Options{Scale: 100, MaxMessage: maxMessage})
		if !r.Strict() && r.Outcome != conformance.Unimplemented || strings.HasPrefix(c.ID, "R.") && r.Outcome != conformance.OK {
			t.Errorf("%s\n%v", c.About, r)
		}
	}
}

// Each fault is noticed, by the suite's judgement or by the stricter one.
func TestFaults(t *testing.T) {
	t.Parallel()
	const ok, nonStrict, failed = conformance.OK, conformance.NonStrict, conformance.Failed
	for _, test := range []struct {
		fault   fault
		id      string
		outcome conformance.Outcome
		rfc     conformance.Outcome
	}{
		{"echoes as binary", "1.1.2", failed, ok},
		{"loses the last byte", "1.2.8", failed, ok},
		{"loses the last byte", "9.7.2", failed, ok},
		{"loses the last byte", "9.4.9", failed, ok},
		{"masks", "1.1.2", failed, failed},
		{"sets a reserved bit", "1.1.2", failed, failed},
		{"writes lengths in eight bytes", "1.1.2", failed, failed},
		{"does not answer pings", "2.2", failed, ok},
		{"answers pongs", "2.8", failed, ok},
		{"ignores reserved bits", "3.1", failed, failed},
		{"ignores reserved bits", "3.6", failed, failed},
		{"ignores reserved opcodes", "4.1.1", failed, failed},
		{"ignores reserved opcodes", "4.2.4", failed, failed},
		{"does not check texts", "6.3.1", failed, failed},
		{"does not check texts", "6.14.10", failed, failed},
		{"checks texts at their end", "6.3.1", ok, ok},
		{"checks texts at their end", "6.4.1", nonStrict, ok},
		{"checks texts at their end", "6.4.4", nonStrict, ok},
		{"checks texts at their end", "R.8.1.2", failed, failed},
		{"echoes any code", "7.9.2", failed, failed},
		{"echoes any code", "7.13.1", conformance.Informational, failed},
		{"takes any reason", "7.5.1", failed, failed},
		{"ends without a Close frame", "2.5", ok, failed},
		{"ends without a Close frame", "7.1.1", ok, failed},
		{"knows one code only", "5.1", ok, failed},
		{"knows one code only", "7.7.1", failed, failed},
		{"knows one code only", "R.5.1.1", failed, failed},
		{"resets", "7.1.1", ok, failed},
		{"talks on after the Close frame", "7.1.1", failed, failed},
		{"does not end", "7.1.1", ok, failed},
		{"takes frames without a mask", "R.5.1.1", failed, failed},
		{"takes any length", "R.5.2.1", failed, failed},
		{"takes any length", "R.5.2.5", failed, failed},
		{"drops what comes with the request", "R.4.2.2", failed, ok},
		{"agrees to what was not offered", "1.1.1", failed, failed},
		{"agrees to what was not offered", "12.1.1", failed, failed},
	} {
		t.Run(string(test.fault)+"/"+test.id, func(t *testing.T) {
			t.Parallel()
			o := conformance.Options{Scale: 500, MaxMessage: maxMessage, Pause: 100 * time.Millisecond, Wait: 2 * time.Second}
			r := find(t, test.id).Run(t.Context(), startSpecimen(t, test.fault), o)
			if r.Outcome != test.outcome || r.RFC != test.rfc {
				t.Errorf("%v, want %s and %s", r, test.outcome, test.rfc)
			}
		})
	}
}

func find(t *testing.T, id string) conformance.Case {
	t.Helper()
	for _, c := range append(conformance.Cases(), conformance.Rules()...) {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no case %s", id)
	return conformance.Case{}
}
