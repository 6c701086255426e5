package phpserialize

import "math"

// value reads one value:
//
//	N; b:1; i:5; d:0.1; s:<bytes>:"..."; a:<elements>:{<key><value>...}
//	O:<bytes>:"<class>":<elements>:{<key><value>...}
//	C:<bytes>:"<class>":<bytes>:{<payload>}
//	E:<bytes>:"<class>:<case>"; R:<slot>; r:<slot>;
//
// It and all it calls return false after a failure.
func (p *Parser) value() bool {
	if p.values++; p.values > maxValues {
		return p.limit("at most 200000 values")
	}
	if p.end-p.pos < 2 {
		return p.want("a value")
	}
	tag := p.doc.data[p.pos]
	if tag == 'N' {
		p.addSlot(node{kind: Null})
		p.pos++
		return p.byte(';')
	}
	if p.doc.data[p.pos+1] != ':' {
		return p.want("a value")
	}
	switch tag {
	case 'b':
		return p.boolean()
	case 'i':
		return p.integer(true)
	case 'd':
		return p.float()
	case 's':
		return p.string()
	case 'a':
		return p.array()
	case 'O':
		return p.object()
	case 'C':
		return p.custom()
	case 'E':
		return p.enum()
	case 'R', 'r':
		return p.reference(tag == 'r')
	}
	return p.want("a value")
}

// byte reads b.
func (p *Parser) byte(b byte) bool {
	if p.pos >= p.end || p.doc.data[p.pos] != b {
		return p.want(delimiters[b])
	}
	p.pos++
	return true
}

var delimiters = [128]string{':': `":"`, ';': `";"`, '"': `a quotation mark`, '{': `"{"`, '}': `"}"`}

func (p *Parser) boolean() bool {
	p.pos += 2
	if p.pos >= p.end || p.doc.data[p.pos]|1 != '1' {
		return p.want("0 or 1")
	}
	p.addSlot(node{kind: Bool, num: int64(p.doc.data[p.pos] & 1)})
	p.pos++
	return p.byte(';')
}

func (p *Parser) integer(slot bool) bool {
	p.pos += 2
	n, ok := p.signed()
	if !ok {
		return false
	}
	if slot {
		p.addSlot(node{kind: Int, num: n})
	} else {
		p.add(node{kind: Int, num: n})
	}
	return p.byte(';')
}

func (p *Parser) float() bool {
	p.pos += 2
	f, ok := p.number()
	if !ok {
		return false
	}
	p.addSlot(node{kind: Float, num: int64(math.Float64bits(f))})
	return p.byte(';')
}

func (p *Parser) string() bool {
	p.pos += 2
	from, to, ok := p.quoted()
	if !ok {
		return false
	}
	p.addSlot(node{kind: String, from: from, to: to})
	return p.byte(';')
}

// quoted reads <bytes>:"...".
func (p *Parser) quoted() (from, to int32, ok bool) {
	n, ok := p.length()
	if !ok || !p.byte(':') || !p.byte('"') {
		return 0, 0, false
	}
	if n > p.end-p.pos {
		return 0, 0, p.want("a string not longer than the input")
	}
	from, to = int32(p.pos), int32(p.pos+n)
	p.pos += n
	return from, to, p.byte('"')
}
