package main

import (
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
)

func TestMain(m *testing.M) { leakcheck.Main(m) }

// patience is how long a test waits for what should take much less.
const patience = 20 * time.Second
