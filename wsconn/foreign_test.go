package wsconn_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/wsconn"
)

// python is Debian's, for which the package python3-websockets is. The first in
// PATH may be another one.
const python = "/usr/bin/python3"

// The other tests and the server might err in the same way. This client was
// written by others.
func TestForeignClient(t *testing.T) {
	testserver.Try(t, "python3 python3-websockets", python, "-c", "import websockets")
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, func(c *wsconn.Conn, op ws.OpCode, payload []byte) {
			if string(payload) == "sign me out" {
				c.Close(wsconn.StatusSignedOut, "signed out: à bientôt")
				return
			}
			c.Write(op, payload)
		})
		// The script is silent for 3.5 s, in which it must answer pings.
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{PingInterval: 1500 * time.Millisecond}}
		addr := start(t, server)
		ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
		defer cancel()
		output, err := exec.CommandContext(ctx, python, "testdata/foreign.py", "ws://"+addr).CombinedOutput()
		if err != nil {
			t.Errorf("%v", err)
		}
		for line := range strings.Lines(string(output)) {
			if !strings.HasPrefix(line, "ok ") {
				t.Error(strings.TrimSpace(line))
			}
		}
		if n := strings.Count(string(output), "ok "); n < 19 {
			t.Errorf("only %d checks were made:\n%s", n, output)
		}
		told := make(map[ws.StatusCode]int)
		for range handler.opens.Load() {
			if err, ok := handler.next().(wsconn.CloseError); ok {
				told[err.Code]++
			}
		}
		for code, want := range map[ws.StatusCode]int{1000: 3, 4000: 1, 4401: 1, 1009: 1} {
			if told[code] != want {
				t.Errorf("OnClose was told %d %d times, want %d", code, told[code], want)
			}
		}
	})
}
