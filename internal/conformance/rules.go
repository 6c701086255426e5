package conformance

import "strings"

// Rules returns the cases that the suite does not have.
func Rules() []Case {
	var all []Case
	for _, part := range [][]Case{
		handshakeRules(), frameRules(), fragmentRules(), closeRules(), controlRules(), limitRules(), textRules(),
		compressedFrameRules(), offerRules(), windowRules(), payloadRules(),
	} {
		for _, c := range part {
			c.plan.strict = true
			all = append(all, c)
		}
	}
	return all
}

// handshakeRules are about bytes that come together with the request, which are
// part of the stream: RFC 6455, section 4.2.2.
func handshakeRules() []Case {
	m, p := text(hello), ping("early")
	early := func(cut chops, frames ...frame) plan {
		q := plan{request: cut, early: frames}
		for _, f := range frames {
			q.want = append(q.want, echo(f))
		}
		return q
	}
	unmasked := failed(whole, nil)
	unmasked.early = []frame{m.bare()}
	long := text(strings.Repeat("early ", 4000))
	return numbered("R.4.2", []about{
		{"request in octet-wise chops", early(octetWise)},
		{"text in one write with the request", early(whole, m)},
		{"text and ping in one write with the request", early(whole, m, p)},
		{"request, text and ping in chops of 50 octets", early(50, m, p)},
		{"text of 24,000 bytes in one write with the request", early(whole, long)},
		{"unmasked text in one write with the request", unmasked},
	})
}

// frameRules are about masks (5.1, 5.3), lengths and reserved bits (5.2).
func frameRules() []Case {
	m := text(hello)
	bad := func(f frame) plan { return failed(whole, nil, f) }
	all := numbered("R.5.1", []about{
		{"unmasked text", bad(m.bare())},
		{"unmasked empty text", bad(text("").bare())},
		{"unmasked ping", bad(ping(hello).bare())},
		{"unmasked pong", bad(pong(hello).bare())},
		{"unmasked close", bad(closing(normal, "").bare())},
		{"text, then unmasked text, then ping", failed(whole, []event{echo(m)}, m, m.bare(), ping(""))},
		{"unmasked continuation", failed(whole, nil, m.open(), continuation(hello).bare())},
	})
	wide := func(size, bytes int) plan { return bad(text(strings.Repeat("*", size)).lengthIn(bytes)) }
	tooBig := bad(bin("").declares(1<<63 - 1))
	tooBig.codes = []int{messageTooBig}
	plans := []about{
		{"text of 5 bytes, the length in 2 bytes", wide(5, 2)},
		{"text of 125 bytes, the length in 2 bytes", wide(125, 2)},
		{"text of 5 bytes, the length in 8 bytes", wide(5, 8)},
		{"text of 126 bytes, the length in 8 bytes", wide(126, 8)},
		{"text of 65535 bytes, the length in 8 bytes", wide(65535, 8)},
		{"empty text, the length in 2 bytes", wide(0, 2)},
		{"continuation of 5 bytes, the length in 2 bytes", failed(whole, nil, m.open(), continuation("*****").lengthIn(2))},
		{"a frame of 2^63 bytes", bad(bin("").declares(1 << 63))},
		{"a frame of 2^64-1 bytes", bad(bin("").declares(1<<64 - 1))},
		{"a frame of 2^63-1 bytes", tooBig},
		{"a mask of zeros", plan{want: []event{echo(m)}, send: func(s *session) { s.out = m.encode(s.out, [4]byte{}) }}},
	}
	for _, bit := range []byte{rsv1, rsv2, rsv3} {
		plans = append(plans,
			about{"text with a reserved bit", bad(m.reserved(bit))},
			about{"ping with a reserved bit", bad(ping(hello).reserved(bit))},
			about{"pong with a reserved bit", bad(pong(hello).reserved(bit))},
			about{"close with a reserved bit", bad(closing(normal, "").reserved(bit))},
			about{"continuation with a reserved bit", failed(whole, nil, m.open(), continuation(hello).reserved(bit))})
	}
	return append(all, numbered("R.5.2", plans)...)
}

// fragmentRules are about section 5.4.
func fragmentRules() []Case {
	m := text("fragments")
	empties := []frame{text("").open()}
	for range 1000 {
		empties = append(empties, continuation("").open())
	}
	var pinged []frame
	var answers []event
	for _, f := range fragments(m, 1) {
		pinged = append(pinged, ping("between"), pong("between"), f)
		answers = append(answers, event{pongFrame, "between"})
	}
	twice := append(fragments(m, 2), fragments(bin(someBytes), 3)...)
	var plans []about
	for _, cut := range cuts {
		plans = append(plans,
			about{"pings and pongs between fragments, " + cut.name, answered(cut.chops, append(answers, echo(m)), pinged...)},
			about{"two fragmented messages, " + cut.name, answered(cut.chops, []event{echo(m), echo(bin(someBytes))}, twice...)})
	}
	return numbered("R.5.4", append(plans,
		about{"a thousand empty fragments", answered(whole, []event{echo(m)}, append(empties, continuation(m.payload))...)},
		about{"binary between the fragments of a text", failed(whole, nil, m.open(), bin(someBytes), continuation(""))},
		about{"the start of a binary between the fragments of a text", failed(whole, nil, m.open(), bin(someBytes).open(), continuation(""))},
		about{"continuation after a complete fragmented message", failed(whole, []event{echo(m)}, append(fragments(m, 3), continuation(""))...)},
	))
}

// controlRules are about pings and pongs: sections 5.5.2 and 5.5.3.
func controlRules() []Case {
	var pings []frame
	var pongs []event
	for n := range maxControl + 1 {
		f := ping(strings.Repeat("*", n))
		pings, pongs = append(pings, f), append(pongs, echo(f))
	}
	long := strings.Repeat("*", maxControl+1)
	return numbered("R.5.5", []about{
		{"pings of all lengths in one chop", answered(whole, pongs, pings...)},
		{"pings of all lengths in chops of 7 octets", answered(7, pongs, pings...)},
		{"pong of 126 bytes", failed(whole, nil, pong(long))},
		{"ping of 65536 bytes", failed(whole, nil, ping(strings.Repeat("*", 65536)))},
		{"the header of a ping of 2^63-1 bytes", failed(whole, nil, ping("").declares(1<<63-1))},
		{"ping of 5 bytes, the length in 2 bytes", failed(whole, nil, ping("*****").lengthIn(2))},
		{"fragmented close", failed(whole, nil, closing(normal, "").open(), continuation(""))},
		{"ping without FIN alone", failed(whole, nil, ping("").open())},
	})
}

// limitRules are about messages that are too long: section 7.4.1.
func limitRules() []Case {
	tooLong := func(frames func(limit int) []frame) plan {
		return plan{ends: server, codes: []int{messageTooBig}, send: func(s *session) { s.send(frames(s.o.MaxMessage)...) }}
	}
	return numbered("R.7.4.1", []about{
		{"the header of a frame longer than the limit", tooLong(func(limit int) []frame {
			return []frame{bin("").declares(uint64(limit) + 1)}
		})},
		{"the header of a fragment that makes the message longer than the limit", tooLong(func(limit int) []frame {
			return []frame{text(hello).open(), continuation("").declares(uint64(limit))}
		})},
		{"a message that its last byte makes longer than the limit", tooLong(func(limit int) []frame {
			return []frame{bin(strings.Repeat("*", limit)).open(), continuation("*")}
		})},
		{"fragments that together are longer than the limit", tooLong(func(limit int) []frame {
			return fragments(bin(strings.Repeat("*", limit+1000)), limit/10)
		})},
	})
}

// textRules are about section 8.1.
func textRules() []Case {
	cut := failed(whole, nil, text(greek+"\xe1").open(), continuation("\xbd"))
	early := failed(whole, nil, text("\xff").open())
	second := failed(whole, []event{echo(text(greek))}, text(greek), text(greek+"\xc3"))
	later := failed(whole, nil, text(greek+"\xe1").open(), ping(""), continuation("!").open())
	later.want, later.loose = []event{{pongFrame, ""}}, nil
	for _, p := range []*plan{&cut, &early, &second, &later} {
		p.codes = []int{invalidPayload}
	}
	long := text(strings.Repeat("\u20ac", 100000))
	return numbered("R.8.1", []about{
		{"a text whose last fragment ends within a code point", cut},
		{"a first fragment that is not UTF-8, and no more", early},
		{"a text, then one that ends within a code point", second},
		{"a code point that a ping interrupts and that is not continued", later},
		{"a code point that a ping interrupts", answered(whole, []event{{pongFrame, ""}, echo(text("\u20ac"))},
			text("\xe2").open(), ping(""), continuation("\x82").open(), continuation("\xac"))},
		{"a long text in fragments that end within code points", echoed(long, 1000)},
		{"a long text in chops that end within code points", answered(1000, []event{echo(long)}, long)},
		{"binary that is not UTF-8, in fragments", echoed(bin(someBytes), 3)},
		{"ping that is not UTF-8", answered(whole, []event{{pongFrame, "\xff"}}, ping("\xff"))},
	})
}
