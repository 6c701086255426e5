package wsconn_test

import (
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// A client asks for much before it reads anything. Then it says nothing more, and
// gets every answer, of those that were written together as well.
func TestAnswersToPatientClient(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		for name, length := range map[string]int{"short": 200, "long": 1000, "not batched": 5000} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				const total = 1 << 20
				handler := newRecorder(t, echo)
				limits := slowLimits(wsconn.CloseSlow)
				limits.MaxQueueBytes = 8 << 20
				c := connect(t, start(t, &wsconn.Server{Handler: handler, Limits: limits})).lazy()
				messages := total / length
				var frames []byte
				for i := range messages {
					frames = append(frames, masked(finBinary, payload(length+i%7))...)
				}
				c.send(frames)
				eventually(t, "all is answered", func() bool { return int(handler.messages.Load()) == messages })
				for i := range messages {
					c.expect(ws.OpBinary, payload(length+i%7))
				}
				c.leave()
			})
		}
	})
}

// An answer may be longer than the queue, if it is alone.
func TestLongAnswers(t *testing.T) {
	eachWay(t, func(t *testing.T, start startFunc) {
		server := &wsconn.Server{Handler: newRecorder(t, echo), Limits: wsconn.Limits{MaxQueueBytes: 1000}}
		c := connect(t, start(t, server))
		for range 5 {
			c.send(masked(finBinary, payload(100000)))
			c.expect(ws.OpBinary, payload(100000))
		}
		c.leave()
	})
}
