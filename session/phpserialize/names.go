package phpserialize

import "bytes"

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
	if name := p.doc.data[from:to]; !isClass(name) || name[0] == '\\' {
		p.pos = start
		return 0, 0, p.want("the name of a class")
	}
	return from, to, true
}

// isClass reports whether PHP would look for a class of this name.
func isClass(name []byte) bool {
	for _, b := range name {
		if !inName(b) && b != '\\' {
			return false
		}
	}
	return len(name) > 0
}

// inName reports whether b may be part of a name in PHP.
func inName(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_' || b >= 0x80
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
	if !ok || !isClass(class) || !isClass(name) {
		p.pos = start
		return p.want("a case of an enumeration")
	}
	p.addSlot(node{kind: Enum, from: from, to: from + int32(len(class)), num: int64(len(name))})
	return p.byte(';')
}
