package conformance

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// A plan is what a case does and what it expects.
type plan struct {
	// offers are the lines of Sec-WebSocket-Extensions. If compressed is set, the
	// case makes no sense unless one is accepted.
	offers     []string
	compressed bool
	request    chops   // how the request is cut
	early      []frame // sent in one piece with the request

	// send says the client's part, and the events of want are the answer, or one
	// of loose, which is a NON-STRICT one. In place of both, talk has a
	// conversation and returns what was wrong with it.
	send  func(s *session)
	want  []event
	loose [][]event
	talk  func(s *session) error

	// ends is who ends the conversation, and codes what the server's Close frame
	// may carry; if it is nil, 1002 for the server's end and 1000 for the client's.
	ends  side
	codes []int

	codeCounts    bool // a wrong code is a failure, not only a bad end
	strict        bool // what the suite lets pass is a failure
	informational bool // nothing else is
	anyPrefix     bool // of want is enough
}

// A side of the connection.
type side int

const (
	client side = iota
	server
)

// The codes that the server's Close frame has to carry, unless a plan says
// something else. noCode stands for a Close frame without one.
const (
	normal          = 1000
	protocolError   = 1002
	noCode          = 1005
	invalidPayload  = 1007
	messageTooBig   = 1009
	nothingReceived = -1 // there was no Close frame at all
)

func (p *plan) run(conn net.Conn, o Options) Result {
	s, err := open(conn, p, o)
	if err != nil {
		return Result{Outcome: Failed, RFC: Failed, Text: fmt.Sprintf("handshake: %v", err)}
	}
	defer s.stop()
	if p.compressed && s.deflate == nil {
		p = &plan{}
		s.finish()
		rfc, why := p.judgeRFC(s)
		return Result{Outcome: Unimplemented, RFC: rfc, Text: join("compression was not negotiated", why)}
	}
	var problem error
	if p.talk != nil {
		problem = p.talk(s)
	} else {
		p.say(s)
	}
	s.finish()
	return p.judge(s, problem)
}

// say sends the client's part and waits for the answer.
func (p *plan) say(s *session) {
	if p.send != nil {
		p.send(s)
		s.flush()
	}
	s.await(s.o.Wait, func() bool {
		return !p.hopeful(s.received) || p.ends == client && (s.sentClose || slices.Equal(s.received, p.want))
	})
}

// hopeful reports whether got may become an answer that was expected.
func (p *plan) hopeful(got []event) bool {
	for _, want := range append([][]event{p.want}, p.loose...) {
		if len(got) <= len(want) && slices.Equal(got, want[:len(got)]) {
			return true
		}
	}
	return false
}

func (p *plan) judge(s *session, problem error) Result {
	var r Result
	var why string
	r.RFC, why = p.judgeRFC(s)
	r.Outcome, r.Text = p.judgeEvents(s, problem)
	r.Text = join(r.Text, why)
	switch {
	case r.Outcome == Failed:
	case p.ends == server && s.closedFirst:
		r.Outcome = Failed // the suite has this as "failed by the wrong endpoint"
	case p.codeCounts && s.closeCode > 0 && s.closeCode != noCode && !slices.Contains(p.closeCodes(), s.closeCode):
		r.Outcome = Failed
	case p.strict && r.RFC != OK:
		r.Outcome = Failed
	case p.informational:
		r.Outcome = Informational
	}
	return r
}

// judgeEvents judges what the server sent before its Close frame.
func (p *plan) judgeEvents(s *session, problem error) (Outcome, string) {
	seen := describe(s.received)
	switch {
	case s.violation != "":
		return Failed, "the server broke the protocol: " + s.violation
	case problem != nil:
		return Failed, problem.Error()
	case p.talk != nil && len(s.received) > 0:
		return Failed, "unasked for: " + seen
	case p.talk != nil, slices.Equal(s.received, p.want), p.anyPrefix && p.hopeful(s.received):
		return OK, seen
	}
	for _, loose := range p.loose {
		if slices.Equal(s.received, loose) {
			return NonStrict, seen
		}
	}
	return Failed, fmt.Sprintf("got %s, want %s", seen, describe(p.want))
}

// judgeRFC judges the negotiation, RFC 7692, section 7.1, and how the connection
// ended: RFC 6455, section 7.1.
func (p *plan) judgeRFC(s *session) (Outcome, string) {
	switch codes := p.closeCodes(); {
	case s.mismatch != nil:
		return Failed, s.mismatch.Error()
	case p.ends == server && s.closedFirst:
		return Failed, "the server did not fail the connection"
	case s.closeCode == nothingReceived:
		return Failed, fmt.Sprintf("no Close frame; the stream ended with %v", s.end)
	case !slices.Contains(codes, s.closeCode):
		return Failed, fmt.Sprintf("the Close frame has the code %d, want %v", s.closeCode, codes)
	case !s.ended:
		return Failed, "the server left the stream open"
	case !s.clean():
		return Failed, fmt.Sprintf("the stream ended with %v", s.end)
	default:
		return OK, ""
	}
}

func (p *plan) closeCodes() []int {
	switch {
	case p.codes != nil:
		return p.codes
	case p.ends == server:
		return []int{protocolError}
	default:
		return []int{normal}
	}
}

func join(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, "; ")
}

// describe lists events for a report.
func describe(events []event) string {
	if len(events) == 0 {
		return "nothing"
	}
	var parts []string
	for _, e := range events[:min(len(events), 12)] {
		parts = append(parts, e.String())
	}
	if len(events) > 12 {
		parts = append(parts, fmt.Sprintf("and %d more", len(events)-12))
	}
	return strings.Join(parts, ", ")
}

// massWait is how long a message of the mass cases may take.
const massWait = time.Minute
