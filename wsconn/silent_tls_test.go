package wsconn_test

import (
	"crypto/tls"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/wsconn"
)

// Clients of a TLS server that do not say a word cannot be told to go away, as that
// would take their part of the TLS handshake. So they are hung up on, when there are too
// many or when their time is up, and nobody waits for them.
//
// The tests are not parallel, so that nobody else's goroutines are about.

func TestTooManySilentTLS(t *testing.T) {
	const most, silent = 5, 60
	clients := silentTLS(t, silent, wsconn.Limits{MaxPending: most, HandshakeTimeout: never})
	hungUp := make(chan struct{}, silent)
	for _, c := range clients {
		go func() {
			io.Copy(io.Discard, c.nc)
			hungUp <- struct{}{}
		}()
	}
	for range silent - most {
		receive(t, "end of a client that is one too many", hungUp)
	}
	// Where no loop can wait for those who may stay, goroutines do.
	expectGoroutines(t, "crypto/tls.(*Conn).Handshake", most*waiting())
	expectGoroutines(t, "wsconn.(*Conn).writeLink", 0)
}

func TestSilentTLSTimesOut(t *testing.T) {
	const silent = 40
	for _, c := range silentTLS(t, silent, wsconn.Limits{HandshakeTimeout: 200 * time.Millisecond}) {
		io.Copy(io.Discard, c.nc)
	}
	expectGoroutines(t, "crypto/tls.(*Conn).Handshake", 0)
	expectGoroutines(t, "wsconn.(*Conn).writeLink", 0)
}

// silentTLS returns silent clients of a server with these limits, of which none is
// waited for by accident.
func silentTLS(t *testing.T, n int, limits wsconn.Limits) (clients []*client) {
	t.Helper()
	cert, _ := certificate(t)
	limits.WriteTimeout, limits.CloseTimeout = never, never
	server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: limits}
	addr := startOn(t, server, tls.NewListener(listen(t), &tls.Config{Certificates: []tls.Certificate{cert}}))
	for range n {
		clients = append(clients, dial(t, addr))
	}
	return clients
}

// waiting is how many goroutines a connection has that says nothing. That of a type of
// somebody else may have heard something of which no descriptor tells.
func waiting() int {
	if mode == modePortable || mode == modeKept {
		return 1
	}
	return 0
}

// expectGoroutines waits until not more than some goroutines are in a function.
func expectGoroutines(t *testing.T, function string, most int) {
	t.Helper()
	eventually(t, "few goroutines are in "+function, func() bool {
		stacks := make([]byte, 4<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		n := 0
		for stack := range strings.SplitSeq(string(stacks), "\n\n") {
			if strings.Contains(stack, function) {
				n++
			}
		}
		return n <= most
	})
}
