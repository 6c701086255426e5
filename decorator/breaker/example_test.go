package breaker_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator/breaker"
)

// down is a cache that cannot be reached.
type down struct{ clientstorage.MemoryDriver }

func (*down) Fetch(context.Context, string) ([]byte, error) {
	return nil, errors.New("connection refused")
}

func ExampleNew() {
	d := breaker.New(&down{}, &breaker.Options{
		Failures: 2,
		OnChange: func(open bool) { fmt.Println("open:", open) },
	})
	for range 3 {
		_, err := d.Fetch(context.Background(), "key")
		fmt.Println(err)
	}
	// Output:
	// connection refused
	// open: true
	// connection refused
	// breaker: open, because the driver failed
}
