package conformance

import (
	"fmt"
	"strings"
)

// leaving sends frames, of which the client's Close frame is one: after it the
// server must not answer.
func leaving(frames ...frame) func(*session) {
	return func(s *session) {
		for _, f := range frames {
			if f.op == opClose && !s.sentClose {
				s.noteClose()
			}
			s.send(f)
		}
	}
}

// closeCases are 7.1, 7.3 and 7.5. In all of category 7 a wrong code is a failure.
func closeCases() []Case {
	bye := closing(normal, "")
	m := text("Hello World!")
	long := text(strings.Repeat("BAsd7&jh23", 26215)[:256<<10])
	ignored := func(frames ...frame) plan { return plan{send: leaving(frames...), codeCounts: true} }
	slow := ignored(long, m, bye, ping(""))
	slow.want, slow.anyPrefix, slow.informational = []event{echo(long), echo(m)}, true, true
	all := numbered("7.1", []about{
		{"text, then close", plan{want: []event{echo(m)}, send: sending(whole, m), codeCounts: true}},
		{"two Close frames", ignored(bye, frame{op: opClose})},
		{"ping after close", ignored(bye, ping(""))},
		{"text after close", ignored(bye, m)},
		{"first fragment, close, second fragment", ignored(text("fragment1").open(), bye, continuation("fragment2"))},
		{"text of 256 KiB, text, close, ping", slow},
	})
	empty := ignored(frame{op: opClose})
	empty.codes = []int{normal, noCode}
	most := strings.Repeat("*", maxControl-2)
	all = append(all, numbered("7.3", []about{
		{"Close frame without payload", empty},
		{"Close frame of one byte", badClose(frame{op: opClose, payload: "a"})},
		{"Close frame with a code", ignored(bye)},
		{"Close frame with a code and a reason", ignored(closing(normal, "Hello World!"))},
		{"Close frame with a reason of 123 bytes", ignored(closing(normal, most))},
		{"Close frame with a reason of 124 bytes", badClose(closing(normal, most+"*"))},
	})...)
	reason := badClose(closing(normal, greek+surrogate+edited))
	reason.codes = []int{protocolError, invalidPayload}
	return append(all, numbered("7.5", []about{{"Close frame with a reason that is not UTF-8", reason}})...)
}

// badClose sends a Close frame that the server must answer with 1002.
func badClose(f frame) plan {
	p := failed(whole, nil, f)
	p.codeCounts = true
	return p
}

// closeCodeCases are 7.7, 7.9 and 7.13: codes that a client may send, and such
// that it must not.
func closeCodeCases() []Case {
	var valid, invalid, large []about
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		p := plan{send: leaving(closing(code, "")), codes: []int{normal, code}, codeCounts: true}
		valid = append(valid, about{fmt.Sprintf("close with the code %d", code), p})
	}
	for _, code := range []int{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		invalid = append(invalid, about{fmt.Sprintf("close with the invalid code %d", code), badClose(closing(code, ""))})
	}
	for _, code := range []int{5000, 65535} {
		p := failed(whole, nil, closing(code, ""))
		p.informational = true
		large = append(large, about{fmt.Sprintf("close with the undefined code %d", code), p})
	}
	all := append(numbered("7.7", valid), numbered("7.9", invalid)...)
	return append(all, numbered("7.13", large)...)
}
