package prometheusobserver_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
	"github.com/rollcall-go/rollcall/decorator/prometheusobserver"
)

func TestObserver(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	hook, err := prometheusobserver.New(registry)
	if err != nil {
		t.Fatal(err)
	}
	memory := new(clientstorage.MemoryDriver)
	sealed, err := decorator.Seal(memory, []byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	d := decorator.Observe(sealed, hook)
	ctx := t.Context()
	d.Save(ctx, "key", []byte("value"), time.Minute)
	d.Fetch(ctx, "key")
	d.Fetch(ctx, "absent")
	clientstorage.FetchMany(ctx, d, []string{"key", "absent"})
	memory.Save(ctx, "key", []byte("foreign"), time.Minute)
	d.Fetch(ctx, "key")
	d.Delete(ctx, "key")
	gone, cancel := context.WithCancel(ctx)
	cancel()
	d.Delete(gone, "key")

	want := `
# HELP rollcall_driver_keys_found_total Keys that fetches of the client storage driver found.
# TYPE rollcall_driver_keys_found_total counter
rollcall_driver_keys_found_total 2
# HELP rollcall_driver_keys_total Keys that operations of the client storage driver were about.
# TYPE rollcall_driver_keys_total counter
rollcall_driver_keys_total{operation="delete"} 2
rollcall_driver_keys_total{operation="fetch"} 5
rollcall_driver_keys_total{operation="save"} 1
`
	err = testutil.GatherAndCompare(registry, strings.NewReader(want), "rollcall_driver_keys_total", "rollcall_driver_keys_found_total")
	if err != nil {
		t.Error(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]uint64)
	for _, family := range families {
		if family.GetName() != "rollcall_driver_operation_seconds" {
			continue
		}
		for _, m := range family.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetValue())
			}
			got[strings.Join(labels, " ")] = m.GetHistogram().GetSampleCount()
		}
	}
	for labels, n := range map[string]uint64{
		"save ok": 1, "fetch hit": 1, "fetch miss": 2, "fetch corrupt": 1, "delete ok": 1, "delete canceled": 1,
	} {
		if got[labels] != n {
			t.Errorf("%d operations of %q; want %d, of %v", got[labels], labels, n, got)
		}
	}
}

// A second observer in one registry is an error, and leaves the first as it is;
// with a label for each, there may be several.
func TestRegister(t *testing.T) {
	registry := prometheus.NewRegistry()
	for _, name := range []string{"near", "far"} {
		labelled := prometheus.WrapRegistererWith(prometheus.Labels{"driver": name}, registry)
		if _, err := prometheusobserver.New(labelled); err != nil {
			t.Errorf("with a label for %s: %v", name, err)
		}
		if _, err := prometheusobserver.New(labelled); err == nil {
			t.Errorf("twice with a label for %s: no error", name)
		}
	}
	if _, err := prometheusobserver.New(nil); err == nil {
		t.Error("without a registerer: no error")
	}
}
