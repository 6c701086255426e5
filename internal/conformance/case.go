package conformance

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"time"
)

// A Case is one conversation with a server. It has no state and may run many
// times, also at once.
type Case struct {
	ID    string // as in the suite: "1.1.1" to "13.7.18"
	About string // what the client does
	plan  plan
}

// Options say how a case runs. The zero value is the suite's own form.
type Options struct {
	// Scale divides the number of messages of the cases that send a thousand;
	// two are always sent. It defaults to 1.
	Scale int

	// MaxMessage is the server's limit for a message, in bytes. It is needed for
	// the rules about longer ones, and defaults to 16 MiB, which is the longest
	// message of the suite.
	MaxMessage int

	// Pause is how long the server has to fail a connection before the client
	// goes on to send, which makes it [NonStrict]. It defaults to 1 s.
	Pause time.Duration

	// Wait is how long a server may be silent before it has failed. It defaults
	// to 10 s.
	Wait time.Duration
}

func (o Options) withDefaults() Options {
	o.Scale = cmp.Or(o.Scale, 1)
	o.MaxMessage = cmp.Or(o.MaxMessage, 16<<20)
	o.Pause = cmp.Or(o.Pause, time.Second)
	o.Wait = cmp.Or(o.Wait, 10*time.Second)
	return o
}

// count returns how many of n messages to send.
func (o Options) count(n int) int { return max(n/o.Scale, 2) }

// An Outcome is a judgement, in the suite's words.
type Outcome string

// The outcomes.
const (
	OK            Outcome = "OK"
	NonStrict     Outcome = "NON-STRICT"
	Informational Outcome = "INFORMATIONAL" // any behaviour will do
	Unimplemented Outcome = "UNIMPLEMENTED" // no compression was negotiated
	Failed        Outcome = "FAILED"
)

// A Result is the judgement of one run.
type Result struct {
	ID string

	// Outcome is the suite's judgement of what the server sent. For Rules it is
	// never better than RFC.
	Outcome Outcome

	// RFC is OK or Failed. It judges what the suite lets pass: whether what was
	// negotiated had been offered, and how the connection ended.
	RFC Outcome

	// Text says what was seen.
	Text string
}

// Strict reports whether nothing is to be said against the server.
func (r Result) Strict() bool {
	return (r.Outcome == OK || r.Outcome == Informational) && r.RFC == OK
}

// String returns one line for a report.
func (r Result) String() string {
	return fmt.Sprintf("%-8s %-13s rfc %-6s %s", r.ID, r.Outcome, r.RFC, r.Text)
}

// Run has the conversation over the connection that dial returns, and closes it.
// The end of ctx ends the conversation, which has then failed.
func (c Case) Run(ctx context.Context, dial func() (net.Conn, error), o Options) Result {
	conn, err := dial()
	if err != nil {
		return Result{ID: c.ID, Outcome: Failed, RFC: Failed, Text: fmt.Sprintf("dial: %v", err)}
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	r := c.plan.run(conn, o.withDefaults())
	r.ID = c.ID
	return r
}
