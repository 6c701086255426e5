package wsconn_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/wsconn"
)

// Handlers that are slow with each client keep no loop busy, so nobody who comes in a
// storm waits so long as to be refused.
func TestSlowOnOpenRefusesNobody(t *testing.T) {
	t.Parallel()
	const clients, slow = 600, 50 * time.Millisecond
	handler := newRecorder(t, echo)
	handler.onOpen = func(*wsconn.Conn) { <-time.After(slow) }
	addr := startServe(t, &wsconn.Server{Handler: handler})
	var storm []*client
	for range clients {
		c := dial(t, addr)
		c.send([]byte(upgrade(addr).String()))
		storm = append(storm, c)
	}
	for _, c := range storm {
		if response := c.response(); response.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("the answer is %s, want 101", response.Status)
		}
	}
	for _, c := range storm {
		c.nc.Close()
	}
	eventually(t, "all are closed", func() bool { return handler.closes.Load() == clients })
}
