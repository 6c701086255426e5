package conformance_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/conformance"
)

var scale = flag.Int("scale", 100, "divide the number of messages of the cases that send a thousand; 1 is the suite's own form, and takes long")

// The server passes every case of the suite, in every way in which it gets its
// connections. To run one: -run 'TestSuite/tcp/6\.4\.3'.
func TestSuite(t *testing.T) { runAll(t, conformance.Cases()) }

func runAll(t *testing.T, cases []conformance.Case) {
	for i, w := range ways(t) {
		t.Run(w.name, func(t *testing.T) {
			dial := start(t, w)
			o := conformance.Options{Scale: *scale, MaxMessage: maxMessage}
			if i > 0 || raceDetector {
				o.Scale *= 5 // the messages are the same
			}
			for _, c := range cases {
				if raceDetector && i > 0 && heavy(c.ID) {
					continue
				}
				t.Run(c.ID, func(t *testing.T) {
					t.Parallel()
					if r := c.Run(t.Context(), dial, o); !r.Strict() {
						t.Errorf("%s\n%v", c.About, r)
					} else {
						t.Log(r)
					}
				})
			}
		})
	}
}

// So it does with the rules that the suite lacks.
func TestRules(t *testing.T) { runAll(t, conformance.Rules()) }

// heavy reports whether a case is about many or long messages.
func heavy(id string) bool {
	return strings.HasPrefix(id, "9.") || strings.HasPrefix(id, "12.") || strings.HasPrefix(id, "13.")
}
