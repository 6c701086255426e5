package wsconn_test

import (
	"testing"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
)

// A server promises that nothing is left of it after Shutdown.
func TestMain(m *testing.M) { leakcheck.Main(m) }
