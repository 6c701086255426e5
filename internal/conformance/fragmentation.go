package conformance

// fragmentationCases are category 5.
func fragmentationCases() []Case {
	const one, two = "fragment1", "fragment2"
	plans := []about{
		{"fragmented ping", failed(whole, nil, ping(one).open(), continuation(two))},
		{"fragmented pong", failed(whole, nil, pong(one).open(), continuation(two))},
	}
	both := event{textMessage, one + two}
	for _, cut := range cuts { // 5.3 to 5.5
		plans = append(plans, about{"text in two fragments " + cut.name, answered(cut.chops, []event{both}, text(one).open(), continuation(two))})
	}
	between := []event{{pongFrame, "ping payload"}, both}
	for _, cut := range cuts { // 5.6 to 5.8
		plans = append(plans, about{"text in two fragments, ping between, " + cut.name,
			answered(cut.chops, between, text(one).open(), ping("ping payload"), continuation(two))})
	}
	for _, f := range []frame{continuation("non-continuation payload"), continuation("non-continuation payload").open()} { // 5.9 to 5.14
		for _, cut := range cuts {
			plans = append(plans, about{"continuation of nothing, then text, " + cut.name, failed(cut.chops, nil, f, text(hello))})
		}
	}
	again := func(f frame) plan {
		return failed(whole, nil, f, text(one).open(), continuation(two), f, text(one).open(), continuation(two))
	}
	plans = append(plans,
		about{"fragmented text, then continuation of nothing, then text",
			failed(whole, []event{both}, text(one).open(), continuation(two), continuation("fragment3").open(), text("fragment4"))},
		about{"twice: continuation of nothing without FIN, then fragmented text", again(continuation("fragment0").open())},
		about{"twice: continuation of nothing with FIN, then fragmented text", again(continuation("fragment0"))},
		about{"two fragments that both have the opcode of a text", failed(whole, nil, text(one).open(), text(two))},
		about{"five fragments with two pings and a pause between", slowFragments(whole)},
		about{"five fragments with two pings and a pause between, in frame-wise chops", slowFragments(frameWise)},
	)
	return numbered("5", plans)
}

// slowFragments is for 5.19 and 5.20: the first ping must be answered before the
// message is complete.
func slowFragments(cut chops) plan {
	pongs := []event{{pongFrame, "pongme 1!"}, {pongFrame, "pongme 2!"}}
	return plan{
		want: append(pongs, event{textMessage, "fragment1fragment2fragment3fragment4fragment5"}),
		send: func(s *session) {
			s.chops = cut
			s.send(text("fragment1").open(), continuation("fragment2").open(), ping("pongme 1!"))
			s.flush()
			if !s.await(s.o.Wait, func() bool { return len(s.received) > 0 }) {
				return
			}
			s.send(continuation("fragment3").open(), continuation("fragment4").open(), ping("pongme 2!"), continuation("fragment5"))
		},
	}
}
