package phpserialize

// A document is an input and the nodes that were found in it. It does not change
// once it is parsed.
type document struct {
	data  []byte
	nodes []node
}

// A node is a key or a value. Nodes have the order of the input: an Array or an
// Object is followed by its keys, each of them by its value; a Custom by its
// payload as a String and, if that could be read, by the value that it is.
type node struct {
	num      int64 // of an Int; 0 or 1; bits of a Float; elements; length of an Enum's case; a reference's node
	from, to int32 // the bytes of a string, or of a class's name
	next     int32 // the node behind this one and all that is in it
	kind     Kind
}

// value returns the node at as a value, or what it refers to.
func (d *document) value(at int) Value {
	if n := d.nodes[at]; n.kind == reference {
		at = int(n.num) // which is no reference itself
	}
	return Value{d, int32(at)}
}

// add appends a node that has none within it yet.
func (p *Parser) add(n node) {
	nodes := p.doc.nodes
	if len(nodes) == cap(nodes) { // append grows a long slice by little, and so often
		nodes = append(make([]node, 0, 2*len(nodes)), nodes...)
	}
	n.next = int32(len(nodes)) + 1
	p.doc.nodes = append(nodes, n)
}

// addSlot appends a node of a value that references count.
func (p *Parser) addSlot(n node) {
	p.slots = append(p.slots, int32(len(p.doc.nodes)))
	p.add(n)
}
