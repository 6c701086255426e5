package conformance

import (
	"fmt"
	"strings"
)

// closeRules are about sections 5.5.1 and 7.4.
func closeRules() []Case {
	bye := closing(normal, "")
	gone := func(frames ...frame) plan { return plan{send: leaving(frames...)} }
	slowly := gone(closing(normal, "slowly"))
	slowly.send = func(s *session) {
		s.chops = octetWise
		s.noteClose()
		s.send(closing(normal, "slowly"))
	}
	echoedFirst := gone(text(hello), ping("last"), bye)
	echoedFirst.want = []event{echo(text(hello)), echo(ping("last"))}
	most := strings.Repeat("\u20ac", (maxControl-2)/3)
	all := numbered("R.5.5.1", []about{
		{"text, ping, close in one chop", echoedFirst},
		{"close, then text, ping and fragments", gone(bye, text(hello), ping(hello), text(hello).open(), continuation(hello))},
		{"close, then frames that break the rules", gone(bye, text(hello).bare(), frame{op: 15, rsv: 7})},
		{"close, then bytes that are no frames", gone(bye, bin(strings.Repeat("\xff", 100000)).bare())},
		{"close in the middle of a message", gone(text(hello).open(), bye)},
		{"close in octet-wise chops", slowly},
		{"close with a long reason of multi-byte characters", gone(closing(normal, most))},
		{"close whose reason ends within a code point", badReason("\u20ac\xe2\x82")},
		{"close whose reason is one byte that is not UTF-8", badReason("\xff")},
		{"close whose reason has a surrogate", badReason(surrogate)},
		{"close of one byte, then ping", failed(whole, nil, frame{op: opClose, payload: "\x03"}, ping(""))},
		{"close of 126 bytes", failed(whole, nil, closing(normal, most+"****"))},
	})
	var codes []about
	for _, code := range []int{1, 125, 126, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2999, 5000, 9999, 32768, 65535} {
		codes = append(codes, about{fmt.Sprintf("close with the code %d, which must not be sent", code), failed(whole, nil, closing(code, hello))})
	}
	for _, code := range []int{1012, 1013, 1014, 3500, 4500} { // the first three are in IANA's registry
		p := gone(closing(code, hello))
		p.codes = []int{normal, code}
		codes = append(codes, about{fmt.Sprintf("close with the code %d", code), p})
	}
	return append(all, numbered("R.7.4", codes)...)
}

// badReason sends a reason that is not UTF-8. Section 8.1 asks for 1007, section
// 5.5.1 would do with 1002.
func badReason(reason string) plan {
	p := failed(whole, nil, closing(normal, reason))
	p.codes = []int{invalidPayload, protocolError}
	return p
}
