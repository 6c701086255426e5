package phpserialize

// References count the values before them, from 1. Every value has such a slot,
// also a reference r:, but neither R: nor a key. The values in the payload of an
// object of the kind Custom are counted on if PHP's unserialize() reads them.

// reference reads R:<slot>; which is the same variable as another, or r:<slot>;
// which is the same object.
func (p *Parser) reference(object bool) bool {
	start := p.pos
	p.pos += 2
	slot, ok := p.length()
	if !ok {
		return false
	}
	p.refers = true
	target, kind, ok := p.slot(slot)
	if !ok {
		p.pos = start
		return p.want("a reference to a value before it")
	}
	if object && kind != Object && kind != Custom && kind != Enum && kind != Unresolved {
		p.pos = start
		return p.want("a reference to an object")
	}
	n := node{kind: reference, num: int64(target)}
	if kind == Unresolved {
		n = node{kind: Unresolved}
	}
	if object {
		p.addSlot(n)
	} else {
		p.add(n)
	}
	return p.byte(';')
}

// slot returns the node that a slot leads to in the end, and its kind.
func (p *Parser) slot(slot int) (at int32, kind Kind, ok bool) {
	switch {
	case slot == 0:
		return 0, 0, false
	case slot > p.trusted:
		return 0, Unresolved, true
	case slot > len(p.slots):
		return 0, 0, false
	}
	at = p.slots[slot-1]
	n := p.doc.nodes[at]
	if n.kind == reference {
		at = int32(n.num)
		n = p.doc.nodes[at]
	}
	return at, n.kind, true
}

// custom reads C:<bytes>:"<class>":<bytes>:{<payload>}.
func (p *Parser) custom() bool {
	at := len(p.doc.nodes)
	from, to, ok := p.class()
	if !ok || !p.byte(':') {
		return false
	}
	n, ok := p.length()
	if !ok || !p.byte(':') || !p.byte('{') {
		return false
	}
	if n >= p.end-p.pos {
		return p.want("a payload not longer than the input")
	}
	p.addSlot(node{kind: Custom, from: from, to: to})
	end := p.pos + n
	p.add(node{kind: String, from: int32(p.pos), to: int32(end)})
	if !p.payload(end) {
		return false
	}
	p.doc.nodes[at].next = int32(len(p.doc.nodes))
	p.pos = end
	return p.byte('}')
}

// payload tries to read the bytes up to end as one value. If they are none, it
// takes back what it did and goes on, for they may be in any format; it returns
// false only at a limit. No byte is read twice: the payloads within a payload
// that is taken back are not tried again.
func (p *Parser) payload(end int) bool {
	if p.depth++; p.depth > maxDepth {
		return p.limit("at most 128 values within one another")
	}
	outer, depth, nodes, slots := p.end, p.depth, len(p.doc.nodes), len(p.slots)
	p.end = end
	if !p.value() || p.pos != end {
		if p.failed.sentinel == ErrLimit {
			return false
		}
		p.failed = failure{}
		p.doc.nodes = p.doc.nodes[:nodes]
		p.slots = p.slots[:slots]
		p.trusted = min(p.trusted, slots)
	}
	p.end, p.depth = outer, depth-1
	return true
}
