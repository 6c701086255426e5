package phpserialize

import "hash/maphash"

// unambiguous looks for a key that a container has twice, if there are
// references. In PHP the later value takes the place of the earlier one, and
// with it the references to it, so that what they refer to depends on when they
// were read. PHP does not write such a thing.
func (p *Parser) unambiguous() bool {
	if !p.refers {
		return true
	}
	for ; p.checked < len(p.doc.nodes); p.checked++ {
		if n := p.doc.nodes[p.checked]; (n.kind == Array || n.kind == Object) && p.doc.hasTwice(p.checked) {
			return p.want("no key twice where there are references")
		}
	}
	return true
}

const few = 16 // keys are compared with one another rather than hashed

func (d *document) hasTwice(container int) bool {
	n := d.nodes[container]
	if d.ascending(container) {
		return false
	}
	var keys [few]int
	if n.num <= few {
		i := 0
		for at := container + 1; at < int(n.next); at = d.following(at) {
			for _, key := range keys[:i] {
				if d.sameKey(key, at) {
					return true
				}
			}
			keys[i] = at
			i++
		}
		return false
	}
	seed := maphash.MakeSeed()
	seen := make(map[uint64]int, n.num)
	for at := container + 1; at < int(n.next); at = d.following(at) {
		hash := d.hashKey(seed, at)
		if key, ok := seen[hash]; ok && d.sameKey(key, at) {
			return true
		}
		seen[hash] = at
	}
	return false
}

// ascending reports whether the keys are integers, each greater than the one
// before. Those of lists are.
func (d *document) ascending(container int) bool {
	end, last := int(d.nodes[container].next), int64(0)
	for at := container + 1; at < end; at = d.following(at) {
		key := d.nodes[at]
		if key.kind != Int || key.num <= last && at > container+1 {
			return false
		}
		last = key.num
	}
	return true
}

func (d *document) sameKey(a, b int) bool {
	x, y := d.nodes[a], d.nodes[b]
	return x.kind == y.kind && x.num == y.num && string(d.data[x.from:x.to]) == string(d.data[y.from:y.to])
}

func (d *document) hashKey(seed maphash.Seed, at int) uint64 {
	key := d.nodes[at]
	if key.kind == Int {
		return maphash.Comparable(seed, key.num)
	}
	return maphash.Bytes(seed, d.data[key.from:key.to])
}
