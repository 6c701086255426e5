package prometheusobserver_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
	"github.com/rollcall-go/rollcall/decorator/prometheusobserver"
)

func ExampleNew() {
	ctx := context.Background()
	registry := prometheus.NewRegistry() // or prometheus.DefaultRegisterer
	hook, err := prometheusobserver.New(registry)
	if err != nil {
		log.Fatal(err)
	}
	driver := decorator.Observe(new(clientstorage.MemoryDriver), hook)
	driver.Save(ctx, "key", []byte("value"), time.Minute)
	driver.Fetch(ctx, "key")

	n, err := testutil.GatherAndCount(registry, "rollcall_driver_operation_seconds")
	fmt.Println(n, "kinds of operation and outcome", err)
	// Output: 2 kinds of operation and outcome <nil>
}
