package providers

import (
	"testing"

	"github.com/eko/gocache/lib/v4/store"
	hazelcaststore "github.com/eko/gocache/store/hazelcast/v4"
	pegasusstore "github.com/eko/gocache/store/pegasus/v4"

	"github.com/rollcall-go/rollcall/decorator"
)

// Hazelcast and Pegasus compile and are not run: no server of theirs is packaged
// for Debian. This holds the code to their types.
func TestNotRun(t *testing.T) {
	var hazelcast *hazelcaststore.HazelcastStore
	var pegasus *pegasusstore.PegasusStore
	_ = []store.StoreInterface{hazelcast, pegasus}
	for _, want := range []string{hazelcaststore.HazelcastType, pegasusstore.PegasusType} {
		found := false
		for _, p := range decorator.Providers() {
			found = found || p.Name == want
		}
		if !found {
			t.Errorf("decorator.Providers does not list %s", want)
		}
	}
	t.Log("hazelcast and pegasus were compiled, and not run")
}
