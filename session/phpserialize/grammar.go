package phpserialize

import (
	"bytes"
	"math"
)

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

// class reads the tag, and <bytes>:"<class>".
func (p *Parser) class() (from, to int32, ok bool) {
	p.pos += 2
	start := p.pos
	from, to, ok = p.quoted()
	if !ok {
		return 0, 0, false
	}
	if to-from > maxName {
		return 0, 0, p.limit("a class of at most 4 KiB")
	}
	if !isClass(p.doc.data[from:to]) {
		p.pos = start
		return 0, 0, p.want("the name of a class")
	}
	return from, to, true
}

// isClass reports whether PHP would look for a class of this name.
func isClass(name []byte) bool {
	if len(name) == 0 || name[0] == '\\' {
		return false
	}
	for _, b := range name {
		if !inName(b) && b != '\\' {
			return false
		}
	}
	return true
}

// inName reports whether b may be part of a name in PHP.
func inName(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_' || b >= 0x7f
}

func (p *Parser) enum() bool {
	p.pos += 2
	start := p.pos
	from, to, ok := p.quoted()
	if !ok {
		return false
	}
	if to-from > maxName {
		return p.limit("an enumeration's case of at most 4 KiB")
	}
	class, name, ok := bytes.Cut(p.doc.data[from:to], []byte(":"))
	if !ok || !isClass(class) || len(name) == 0 || !isClass(name) {
		p.pos = start
		return p.want("a case of an enumeration")
	}
	p.addSlot(node{kind: Enum, from: from, to: from + int32(len(class)), num: int64(len(name))})
	return p.byte(';')
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
