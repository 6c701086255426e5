package conformance

import (
	"fmt"
	"time"
)

// The parts of the text that most cases of 6.3 and 6.4 send. The second makes it
// invalid: a surrogate, or a code point above U+10FFFF.
const (
	greek     = "\u03ba\u1f79\u03c3\u03bc\u03b5" // 11 bytes
	surrogate = "\xed\xa0\x80"
	tooLarge  = "\xf4\x90\x80\x80" // invalid with its second byte
	edited    = "edited"
)

// utf8Cases are 6.1 to 6.4.
func utf8Cases() []Case {
	all := numbered("6.1", []about{
		{"empty text", echoed(text(""), 1)},
		{"three empty fragments", answered(whole, []event{{textMessage, ""}}, text("").open(), continuation("").open(), continuation(""))},
		{"three fragments, the first and last empty", answered(whole, []event{{textMessage, "middle frame payload"}},
			text("").open(), continuation("middle frame payload").open(), continuation(""))},
	})
	const german = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"
	all = append(all, numbered("6.2", []about{
		{"valid text", echoed(text(german), len(german))},
		{"valid text in two fragments, cut between code points", echoed(text(german), 15)},
		{"valid text in fragments of one byte", echoed(text(german), 1)},
		{"Greek text in fragments of one byte", echoed(text(greek), 1)},
	})...)
	invalid := text(greek + surrogate + edited)
	all = append(all, numbered("6.3", []about{
		{"invalid text", notUTF8(invalid, len(invalid.payload))},
		{"invalid text in fragments of one byte", notUTF8(invalid, 1)},
	})...)
	return append(all, numbered("6.4", []about{
		{"three fragments, invalid with the second", failFast(greek, tooLarge, edited, inFragments)},
		{"three fragments, invalid with the single byte of the second", failFast(greek+"\xf4", "\x90", "\x80\x80"+edited, inFragments)},
		{"three chops of a frame, invalid with the second", failFast(greek, tooLarge, edited, inChops)},
		{"three chops of a frame, invalid with the single byte of the second", failFast(greek+"\xf4", "\x90", "\x80\x80"+edited, inChops)},
	})...)
}

// echoed sends a message in fragments and wants it back.
func echoed(f frame, size int) plan {
	return answered(whole, []event{echo(f)}, fragments(f, size)...)
}

// notUTF8 sends a text that is not UTF-8 in fragments.
func notUTF8(f frame, size int) plan {
	p := failed(whole, nil, fragments(f, size)...)
	p.codes = []int{invalidPayload}
	return p
}

// failFast sends a text in three parts. After the first the connection must still
// be open; after the second it should not be, but the suite lets it be NON-STRICT
// to fail with the third only.
func failFast(a, b, c string, parts func(a, b, c string) [3]func(*session)) plan {
	first, second := event{silence, "A"}, event{silence, "B"}
	return plan{
		ends:  server,
		codes: []int{invalidPayload},
		want:  []event{first},
		loose: [][]event{{first, second}},
		send: func(s *session) {
			part := parts(a, b, c)
			part[0](s)
			if !s.pause(min(s.o.Pause, 50*time.Millisecond), first.payload) {
				return
			}
			part[1](s)
			if !s.pause(s.o.Pause, second.payload) {
				return
			}
			part[2](s)
		},
	}
}

func inFragments(a, b, c string) [3]func(*session) {
	return [3]func(*session){
		func(s *session) { s.send(text(a).open()) },
		func(s *session) { s.send(continuation(b).open()) },
		func(s *session) { s.send(continuation(c)) },
	}
}

// inChops cuts one frame. Its mask is zero, so that a part of its bytes is easy to
// write.
func inChops(a, b, c string) [3]func(*session) {
	header := frame{op: opText, declared: uint64(len(a + b + c))}.encode(nil, [4]byte{})
	raw := func(part string) func(*session) {
		return func(s *session) { s.out = append(s.out, part...) }
	}
	return [3]func(*session){raw(string(header) + a), raw(b), raw(c)}
}

// utf8SequenceCases are 6.5 to 6.23: one text each.
func utf8SequenceCases() []Case {
	var all []Case
	for i, group := range utf8Sequences() {
		var plans []about
		for _, q := range group.sequences {
			f := text(q.bytes)
			if q.valid {
				plans = append(plans, about{fmt.Sprintf("%s: %x, valid", group.about, q.bytes), echoed(f, len(q.bytes))})
			} else {
				plans = append(plans, about{fmt.Sprintf("%s: %x", group.about, q.bytes), notUTF8(f, len(q.bytes))})
			}
		}
		all = append(all, numbered(fmt.Sprintf("6.%d", 5+i), plans)...)
	}
	return all
}
