package clientstorage_test

import (
	"testing"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/drivertest"
)

func TestMemoryDriverConformance(t *testing.T) {
	drivertest.RunInBubble(t, func(*testing.T) clientstorage.Driver {
		return new(clientstorage.MemoryDriver)
	})
}
