package wsconn_test

import (
	"flag"
	"testing"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
)

// A server promises that nothing is left of it after Shutdown.
func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", "8") // most of these tests wait, and may do so together
	leakcheck.Main(m)
}
