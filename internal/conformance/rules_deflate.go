package conformance

import "strings"

// compressedPlan is a plan for a connection with compression; send gets a packer.
func compressedPlan(p plan, send func(s *session, pack func(frame) frame)) plan {
	p.offers, p.compressed = []string{defaultOffer}, true
	p.send = func(s *session) {
		send(s, func(f frame) frame {
			f.payload, f.rsv = s.deflate.compress(f.payload), rsv1
			return f
		})
	}
	return p
}

// compressedFrameRules are about the reserved bits once compression is
// negotiated: RFC 7692, section 6.
func compressedFrameRules() []Case {
	m := text(hello + hello + hello)
	bad := func(frames ...frame) plan {
		return compressedPlan(plan{ends: server}, func(s *session, _ func(frame) frame) { s.send(frames...) })
	}
	cutUp := func(change func([]frame)) func(*session, func(frame) frame) {
		return func(s *session, pack func(frame) frame) {
			parts := fragments(pack(m), 3)
			change(parts)
			s.send(parts...)
		}
	}
	return numbered("Z.6", []about{
		{"ping with RSV1", bad(ping(hello).reserved(rsv1))},
		{"pong with RSV1", bad(pong(hello).reserved(rsv1))},
		{"close with RSV1", bad(closing(normal, "").reserved(rsv1))},
		{"text with RSV2", bad(text(hello).reserved(rsv2))},
		{"text with RSV3", bad(text(hello).reserved(rsv3))},
		{"text with RSV1 and RSV2", bad(text(hello).reserved(rsv1 | rsv2))},
		{"ping with RSV2", bad(ping(hello).reserved(rsv2))},
		{"ping with RSV3", bad(ping(hello).reserved(rsv3))},
		{"reserved opcode with RSV1", bad(frame{op: 3, payload: hello}.reserved(rsv1))},
		{"continuation of nothing with RSV1", bad(continuation(hello).reserved(rsv1))},
		{"uncompressed text whose continuation has RSV1", bad(text(hello).open(), continuation(hello).reserved(rsv1))},
		{"uncompressed text whose continuation has RSV2", bad(text(hello).open(), continuation(hello).reserved(rsv2))},
		{"compressed text whose second fragment has RSV1", compressedPlan(plan{ends: server}, cutUp(func(parts []frame) { parts[1].rsv = rsv1 }))},
		{"compressed text whose last fragment has RSV1", compressedPlan(plan{ends: server}, cutUp(func(parts []frame) { parts[len(parts)-1].rsv = rsv1 }))},
		{"a compressed ping between fragments", compressedPlan(plan{ends: server}, func(s *session, pack func(frame) frame) {
			parts := fragments(pack(m), 3)
			s.send(parts[0], pack(ping(hello)), parts[1])
		})},
		{"pings between compressed fragments", compressedPlan(plan{want: []event{echo(ping("1")), echo(ping("2")), echo(m)}}, func(s *session, pack func(frame) frame) {
			parts := fragments(pack(m), 3)
			s.send(ping("1"), parts[0], ping("2"))
			s.send(parts[1:]...)
		})},
		{"a compressed text whose first fragment is empty", compressedPlan(plan{want: []event{echo(m)}}, func(s *session, pack func(frame) frame) {
			f := pack(m)
			s.send(text("").open().reserved(rsv1), continuation("").open(), continuation(f.payload).open(), continuation(""))
		})},
		{"messages with and without compression", compressedPlan(plan{want: []event{echo(m), echo(m), echo(bin(someBytes)), echo(m)}}, func(s *session, pack func(frame) frame) {
			s.send(m, pack(m), bin(someBytes), pack(m))
		})},
		{"compressed text, ping and close in octet-wise chops", compressedPlan(plan{want: []event{echo(m), echo(ping(hello))}}, func(s *session, pack func(frame) frame) {
			s.chops = octetWise
			s.send(pack(m), ping(hello))
		})},
	})
}

// payloadRules are about what is inflated: the examples of RFC 7692, section 7.2.3,
// payloads that are no DEFLATE, and messages that are too long or not UTF-8.
func payloadRules() []Case {
	raw := func(payload string) frame { return text(payload).reserved(rsv1) }
	good := func(want []frame, frames ...frame) plan {
		p := compressedPlan(plan{}, func(s *session, _ func(frame) frame) { s.send(frames...) })
		for _, f := range want {
			p.want = append(p.want, echo(f))
		}
		return p
	}
	bad := func(frames ...frame) plan {
		p := good(nil, frames...)
		p.ends, p.codes = server, []int{invalidPayload}
		return p
	}
	word := []frame{text("Hello")}
	const packed = "\xf2\x48\xcd\xc9\xc9\x07\x00"
	return append(numbered("Z.7.2.3", []about{
		{"the example of one block", good(word, raw(packed))},
		{"the example of two fragments", good(word, raw("\xf2\x48\xcd").open(), continuation("\xc9\xc9\x07\x00"))},
		{"the example of a block without compression", good(word, raw("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"))},
		{"the example of a block with BFINAL", good(word, raw("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"))},
		{"the example of two blocks", good(word, raw("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"))},
		{"the example of an empty message", good([]frame{text("")}, raw("\x00"))},
		{"a message after an empty one and one with BFINAL", good([]frame{text(""), text("Hello"), text("Hello")},
			raw("\x00"), raw("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), raw(packed))},
		{"ten thousand empty blocks", good(word, raw(strings.Repeat("\x00\x00\x00\xff\xff", 10000)+packed))},
		{"a block of the reserved type", bad(raw("\x07\x00"))},
		{"a block whose length does not agree with itself", bad(raw("\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00"))},
		{"a block that is cut short", bad(raw(packed[:4]))},
		{"bytes that are no DEFLATE", bad(raw(strings.Repeat("\xff", 1000)))},
		{"uncompressed text with RSV1", bad(raw(hello))},
		{"a distance that goes back to before the first byte", bad(raw("\xf2\x00\x11\x00\x00"))},
		{"good message, then bytes that are no DEFLATE, then ping", func() plan {
			p := bad(raw(packed), raw("\x07"), ping(""))
			p.want = []event{echo(text("Hello"))}
			return p
		}()},
	}), inflatedRules()...)
}

// inflatedRules are about messages that are wrong once they are inflated.
func inflatedRules() []Case {
	notText := func(cut int, texts ...string) plan {
		p := plan{ends: server, codes: []int{invalidPayload}}
		for _, t := range texts[:len(texts)-1] {
			p.want = append(p.want, echo(text(t)))
		}
		return compressedPlan(p, func(s *session, pack func(frame) frame) {
			for _, t := range texts {
				s.send(fragments(pack(text(t)), cut)...)
			}
		})
	}
	bomb := func(times float64, cut int) plan {
		return compressedPlan(plan{ends: server, codes: []int{messageTooBig}}, func(s *session, pack func(frame) frame) {
			s.send(fragments(pack(bin(strings.Repeat("\x00", int(float64(s.o.MaxMessage)*times)+1))), cut)...)
		})
	}
	return numbered("Z.8", []about{
		{"text that is not UTF-8 once inflated", notText(1000, greek+surrogate+edited)},
		{"text that is not UTF-8 once inflated, in fragments of one byte", notText(1, greek+surrogate+edited)},
		{"text that ends within a code point once inflated", notText(1000, greek+"\xe2\x82")},
		{"a good text, then one that is not UTF-8", notText(1000, greek, greek+"\xff")},
		{"text in fragments of one byte", compressedPlan(plan{want: []event{echo(text(greek))}}, func(s *session, pack func(frame) frame) {
			s.send(fragments(pack(text(greek)), 1)...)
		})},
		{"binary that is no text", compressedPlan(plan{want: []event{echo(bin(someBytes + "\xff"))}}, func(s *session, pack func(frame) frame) {
			s.send(pack(bin(someBytes + "\xff")))
		})},
		{"a message one byte longer than the limit once inflated", bomb(1, 1<<20)},
		{"a message twice as long as the limit once inflated, in fragments", bomb(2, 1000)},
		{"a message as long as the limit once inflated", plan{offers: []string{defaultOffer}, compressed: true, talk: func(s *session) error {
			return s.exchangeCompressed(true, strings.Repeat("\x00", s.o.MaxMessage), 0)
		}}},
	})
}
