package phpserialize

func (p *Parser) array() bool {
	at := len(p.doc.nodes)
	p.addSlot(node{kind: Array})
	p.pos += 2
	return p.elements(at)
}

func (p *Parser) object() bool {
	at := len(p.doc.nodes)
	from, to, ok := p.class()
	if !ok {
		return false
	}
	p.addSlot(node{kind: Object, from: from, to: to})
	return p.byte(':') && p.elements(at)
}

// shortest is the length of the shortest element, i:0;N;
const shortest = 6

// elements reads <elements>:{<key><value>...} into the container at.
func (p *Parser) elements(at int) bool {
	n, ok := p.length()
	if !ok || !p.byte(':') || !p.byte('{') {
		return false
	}
	if n > (p.end-p.pos)/shortest {
		return p.want("no more elements than the input has room for")
	}
	if p.depth++; p.depth > maxDepth {
		return p.limit("at most 128 values within one another")
	}
	for range n {
		if !p.key() || !p.value() {
			return false
		}
	}
	p.depth--
	p.doc.nodes[at].num = int64(n)
	p.doc.nodes[at].next = int32(len(p.doc.nodes))
	return p.byte('}')
}

// key reads a key, which is an integer or a string and not counted by
// references. A string that PHP writes for an integer is that integer.
func (p *Parser) key() bool {
	if p.end-p.pos < 2 || p.doc.data[p.pos+1] != ':' {
		return p.want("a key")
	}
	switch p.doc.data[p.pos] {
	case 'i':
		return p.integer(false)
	case 's':
		p.pos += 2
		from, to, ok := p.quoted()
		if !ok {
			return false
		}
		if to-from > maxName {
			return p.limit("a key of at most 4 KiB")
		}
		if n, ok := canonical(p.doc.data[from:to]); ok {
			p.add(node{kind: Int, num: n})
		} else {
			p.add(node{kind: String, from: from, to: to})
		}
		return p.byte(';')
	}
	return p.want("a key")
}
