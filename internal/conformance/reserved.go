package conformance

// reservedBitCases are category 3: reserved bits without an extension.
func reservedBitCases() []Case {
	m := text(hello)
	first := []event{echo(m)}
	return numbered("3", []about{
		{"text with RSV 1", failed(whole, nil, m.reserved(1))},
		{"text, then text with RSV 2, then ping", failed(whole, first, m, m.reserved(2), ping(""))},
		{"text, then text with RSV 3, then ping, in frame-wise chops", failed(frameWise, first, m, m.reserved(3), ping(""))},
		{"text, then text with RSV 4, then ping, in octet-wise chops", failed(octetWise, first, m, m.reserved(4), ping(""))},
		{"binary with RSV 5", failed(whole, nil, bin(someBytes).reserved(5))},
		{"ping with RSV 6", failed(whole, nil, ping(hello).reserved(6))},
		{"close with RSV 7", failed(whole, nil, closing(normal, "").reserved(7))},
	})
}

// reservedOpcodeCases are 4.1 and 4.2.
func reservedOpcodeCases() []Case {
	return append(numbered("4.1", reservedOpcodes(3)), numbered("4.2", reservedOpcodes(11))...)
}

// reservedOpcodes are plans for five opcodes.
func reservedOpcodes(first byte) []about {
	const payload = "reserved opcode payload"
	m := text(hello)
	echoed := []event{echo(m)}
	return []about{
		{"reserved opcode", failed(whole, nil, frame{op: first})},
		{"reserved opcode with payload", failed(whole, nil, frame{op: first + 1, payload: payload})},
		{"text, then reserved opcode, then ping", failed(whole, echoed, m, frame{op: first + 2}, ping(""))},
		{"text, then reserved opcode with payload, then ping", failed(whole, echoed, m, frame{op: first + 3, payload: payload}, ping(""))},
		{"text, then reserved opcode with payload, then ping, in octet-wise chops",
			failed(octetWise, echoed, m, frame{op: first + 4, payload: payload}, ping(""))},
	}
}
