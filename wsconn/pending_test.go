package wsconn_test

import (
	"bufio"
	"net/http"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/wsconn"
)

// statuses hands on the answers to clients that do not say what they want, 0 for none.
func statuses(t *testing.T, addr string, clients int) (<-chan int, []*client) {
	t.Helper()
	answers := make(chan int, clients)
	var all []*client
	for range clients {
		c := dial(t, addr)
		all = append(all, c)
		go func() {
			response, err := http.ReadResponse(bufio.NewReader(c.nc), nil)
			if err != nil {
				answers <- 0
				return
			}
			answers <- response.StatusCode
		}()
	}
	return answers, all
}

func TestMaxPending(t *testing.T) {
	t.Parallel()
	const most, silent = 6, 11 // even of those who are turned away there are not too many
	handler := newRecorder(t, echo)
	server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{MaxPending: most, HandshakeTimeout: never}}
	addr := startOn(t, server, oneByOne{listen(t)})
	var clients []*client
	for range 2 * most { // those who are connected do not count
		clients = append(clients, connect(t, addr))
	}
	answers, all := statuses(t, addr, silent)
	for range silent - most {
		if status := receive(t, "answer", answers); status != http.StatusServiceUnavailable {
			t.Errorf("the answer is %d, want 503", status)
		}
	}
	expectTurnedAway(t, addr, http.StatusServiceUnavailable)
	select {
	case status := <-answers:
		t.Errorf("one too many is turned away with %d", status)
	default:
	}
	for _, c := range clients {
		c.expectEcho("still here")
	}
	for _, c := range all {
		c.nc.Close()
	}
	eventually(t, "others are let in", func() bool {
		c, ok := tryConnect(t, addr)
		if ok {
			clients = append(clients, c)
		}
		return ok
	})
	for _, c := range clients {
		c.leave()
	}
}

// When they have had their time, those who say nothing make room. Here the loops
// accept, all at the same time, so it is not known how many are turned away.
func TestMaxPendingTimesOut(t *testing.T) {
	t.Parallel()
	const most, silent = 5, 30
	handler := newRecorder(t, echo)
	server := &wsconn.Server{
		Handler: handler,
		Limits:  wsconn.Limits{MaxPending: most, HandshakeTimeout: 500 * time.Millisecond},
	}
	addr := startServe(t, server)
	answers, _ := statuses(t, addr, silent)
	counts := make(map[int]int)
	for range silent {
		counts[receive(t, "answer", answers)]++
	}
	if counts[http.StatusServiceUnavailable]+counts[http.StatusRequestTimeout]+counts[0] != silent {
		t.Errorf("the answers are %v, want 503, 408, and none only", counts)
	}
	if counts[http.StatusServiceUnavailable] == 0 || counts[http.StatusRequestTimeout] == 0 {
		t.Errorf("the answers are %v, want some of each", counts)
	}
	eventually(t, "others are let in", func() bool {
		c, ok := tryConnect(t, addr)
		if ok {
			c.leave()
		}
		return ok
	})
	handler.next()
}
