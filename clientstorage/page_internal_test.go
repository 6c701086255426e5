package clientstorage

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"
)

func everyone(uint32, []byte) bool { return true }

func insert(t *table, c *Client) { t.insert(c, Limit{}, 0, false) }

func somePage() (*table, []byte) {
	t := newTable(7)
	for _, c := range []Client{
		{User: "alice", Roles: []string{"ROLE_ADMIN", "ROLE_USER"}, Attributes: map[string]string{"page": "/home", "device": "phone"}, Since: time.UnixMilli(1700000000000)},
		{User: "anon-54e3352d535d2", Anonymous: true, Since: time.UnixMilli(1700000000001)},
		{User: "žofie 🚀", Roles: []string{""}, Since: time.UnixMilli(-1)},
	} {
		t.insert(&c, Limit{}, 0, false)
	}
	b, _ := t.appendPage(nil, 0)
	return t, b
}

func TestPage(t *testing.T) {
	table, b := somePage()
	got, err := decodePage(b, 7, 0, everyone)
	if err != nil || len(got) != 3 {
		t.Fatalf("decodePage: %d clients, %v", len(got), err)
	}
	for i, c := range got {
		want := table.slotAt(uint32(i)).client.Load()
		if c.ID != want.ID || c.User != want.User || c.Anonymous != want.Anonymous ||
			!slices.Equal(c.Roles, want.Roles) || !maps.Equal(c.Attributes, want.Attributes) || !c.Since.Equal(want.Since) {
			t.Errorf("client %d came back as %+v; want %+v", i, c, want)
		}
	}
	if _, err := decodePage(b, 7, 1, everyone); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a page under another page's key: %v; want ErrCorrupt", err)
	}
	for n := range b {
		if _, err := decodePage(b[:n], 7, 0, everyone); !errors.Is(err, ErrCorrupt) {
			t.Errorf("the first %d of %d bytes: %v; want ErrCorrupt", n, len(b), err)
		}
	}
}

// A slot whose generations are used up must be left alone.
func TestGenerationsRunOut(t *testing.T) {
	table := newTable(7)
	first := &Client{User: "alice"}
	insert(table, first)
	table.slotAt(0).gen = 1<<32 - 2
	table.remove(first.ID, nil)
	last := &Client{User: "alice"}
	insert(table, last)
	if last.ID.slot != 0 || last.ID.gen != 1<<32-1 {
		t.Fatalf("the last generation of slot 0 was not used: %+v", last.ID)
	}
	table.remove(last.ID, nil)
	next := &Client{User: "alice"}
	insert(table, next)
	if next.ID.slot == 0 {
		t.Errorf("slot 0 was used again after its last generation: %+v", next.ID)
	}
}

// FuzzDecode feeds hostile bytes to everything that reads the cache.
func FuzzDecode(f *testing.F) {
	t, page := somePage()
	f.Add(page)
	f.Add(lease{sequence: 9, pages: 4, level: 6, count: Count{Clients: 50, Users: 40, Anonymous: 3}, ttl: 6 * time.Second, name: "web-1"}.append(nil))
	list, _ := t.appendList(nil, minLevel, fnv1a(t.seed, "alice")&(1<<minLevel-1))
	f.Add(list)
	f.Add(appendNodes(nil, []NodeID{1, 2, 1 << 63}))
	f.Add([]byte{0xdd, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add(bytes.Repeat([]byte{0x91}, 100))
	f.Fuzz(func(t *testing.T, b []byte) {
		clients, err := decodePage(b, 7, 0, everyone)
		check(t, err, len(clients) == 0)
		for _, c := range clients {
			if !c.valid() || c.ID.node != 7 || c.ID.slot >= pageSlots || c.ID.gen == 0 {
				t.Errorf("an impossible client: %+v", c)
			}
		}
		_, err = decodeLease(b)
		check(t, err, true)
		for u, err := range decodeList(b) {
			check(t, err, true)
			if err == nil {
				_, err = u.decodePages()
				check(t, err, true)
			}
		}
		nodes, err := decodeNodes(b)
		check(t, err, len(nodes) == 0)
	})
}

func check(t *testing.T, err error, empty bool) {
	t.Helper()
	if err != nil && (!errors.Is(err, ErrCorrupt) || !empty) {
		t.Errorf("error %v, empty %v; want ErrCorrupt and nothing else", err, empty)
	}
}
