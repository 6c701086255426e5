package clientstorage

import (
	"fmt"
	"time"
)

// GoldenNodes are the nodes of GoldenCluster. The last is gone: it has no lease
// any more.
var GoldenNodes = [3]NodeID{0x0123456789abcdef, 0xfedcba9876543210, 0x5555555555555555}

// GoldenCluster returns what three nodes keep in a cache: clients whose names,
// numbers and places are those that a reader might get wrong.
func GoldenCluster() []Item {
	since := time.UnixMilli(1_700_000_000_123)
	web1 := newTable(GoldenNodes[0])
	add := func(t *table, c Client) {
		if c.Since.IsZero() {
			c.Since = since
		}
		insert(t, &c)
	}
	left := &Client{User: "was here before", Since: since}
	insert(web1, left)
	web1.remove(left.ID, nil)
	add(web1, Client{User: "alice", Roles: []string{"ROLE_ADMIN", "ROLE_USER"}, Attributes: map[string]string{"page": "/home", "device": "phone"}})
	add(web1, Client{User: "anon-54e3352d535d2", Anonymous: true})
	add(web1, Client{User: "žofie 🚀", Roles: []string{""}, Attributes: map[string]string{"": "", "ключ": "一\n二"}, Since: time.UnixMilli(-1)})
	add(web1, Client{User: "1234", Roles: []string{"1"}, Attributes: map[string]string{"0": "null", "1": "eins"}})
	add(web1, Client{User: "caf\xe9"}) // not UTF-8
	// More of alice on pages far away, and nobody in between.
	for _, slot := range []uint32{pageSlots + 1, 36*pageSlots + 4} {
		var between []*Client
		for web1.slots < slot {
			c := &Client{User: fmt.Sprint("between ", web1.slots)}
			insert(web1, c)
			between = append(between, c)
		}
		add(web1, Client{User: "alice", Roles: []string{"ROLE_USER"}})
		for _, c := range between {
			web1.remove(c.ID, nil)
		}
		web1.vacant = vacancies{} // so that the next goes behind
	}
	web2 := newTable(GoldenNodes[1])
	add(web2, Client{User: "bob", Roles: []string{"ROLE_USER"}, Since: time.UnixMilli(1 << 40)})
	add(web2, Client{User: "alice"})
	add(web2, Client{User: "alice"})
	add(web2, Client{User: "anon-0000000000000", Anonymous: true})
	gone := newTable(GoldenNodes[2])
	add(gone, Client{User: "alice"})
	add(gone, Client{User: "carol"})

	lived := lease{sequence: 41, pages: 64, level: minLevel, count: web1.count(), ttl: 6 * time.Second, name: "web-1"}
	late := lease{sequence: 1 << 40, pages: 1, level: 1, count: web2.count(), ttl: 6 * time.Second, lag: 1500 * time.Millisecond, name: "wéb-2"}
	items := append(goldenNode(web1, &lived), goldenNode(web2, &late)...)
	items = append(items, goldenNode(gone, nil)...)
	return append(items, Item{"rollcall:nodes", appendNodes(nil, GoldenNodes[:]), nodesTTL})
}

// goldenNode returns what one node keeps.
func goldenNode(t *table, l *lease) []Item {
	s := share(t, nil, Options{Prefix: "rollcall:"})
	s.stop()
	level := uint8(minLevel)
	var items []Item
	if l != nil {
		items = append(items, Item{s.leaseKey(t.node), l.append(nil), l.ttl})
		level = l.level
	}
	for page := range t.slots/pageSlots + 1 {
		if b, some := t.appendPage(nil, page); some {
			items = append(items, Item{s.pageKey(t.node, page), b, partTTL})
		}
	}
	for bucket := range uint32(1) << level {
		if b, some := t.appendList(nil, level, bucket); some {
			items = append(items, Item{s.listKey(t.node, level, bucket), b, partTTL})
		}
	}
	return items
}
