package conformance_test

import (
	"testing"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
)

func TestMain(m *testing.M) { leakcheck.Main(m) }
