package clientstorage_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/decorator"
)

// The keys of the golden file that the tests below change.
const (
	goldenNodesKey = "rollcall:nodes"
	goldenLease    = "rollcall:l:ASNFZ4mrze8"
	goldenPage     = "rollcall:p:ASNFZ4mrze8:0"
	goldenList     = "rollcall:u:ASNFZ4mrze8:6:1h"
)

func goldenValues(t *testing.T) (values map[string][]byte, g golden) {
	t.Helper()
	g = readGolden(t)
	values = make(map[string][]byte)
	for key, value := range g.Keys {
		b, err := hex.DecodeString(value.Hex)
		if err != nil {
			t.Fatal(err)
		}
		values[key] = b
	}
	return values, g
}

// A tampered cache is the golden one with other values.
type tampered struct {
	what   string
	values map[string][]byte
}

func tamper(values map[string][]byte, what, key string, value []byte) tampered {
	c := maps.Clone(values)
	c[key] = value
	return tampered{what + " under " + key, c}
}

// What no node of this version writes is said to be unreadable, by this package
// and by the others: it is no answer, and no accident of the language either.
func TestUnreadable(t *testing.T) {
	values, g := goldenValues(t)
	var caches []tampered
	for _, key := range []string{goldenNodesKey, goldenLease, goldenPage, goldenList} {
		value := values[key]
		for n := range value {
			caches = append(caches, tamper(values, fmt.Sprintf("%d of %d bytes", n, len(value)), key, value[:n]))
		}
		for what, head := range map[string]string{
			"another version":         "\x91\x02",
			"a version that is text":  "\x91\xa11",
			"a version that is float": "\x91\xca\x3f\x80\x00\x00",
			"true for the version":    "\x91\xc3",
			"no version":              "\x90",
			"a map":                   "\x81\x01\x01",
			"nil":                     "\xc0",
			"endless":                 "\xdd\xff\xff\xff\xff\x01",
			"deep":                    strings.Repeat("\x91", 5000),
			"an object of PHP":        "\x82\xc0\xa8stdClass\xa1a\xa1b",
			"text":                    "somebody else's",
		} {
			caches = append(caches, tamper(values, what, key, []byte(head)))
		}
	}
	for what, b := range hostilePages() {
		caches = append(caches, tamper(values, what, goldenPage, b))
	}
	for what, b := range hostileLists() {
		caches = append(caches, tamper(values, what, goldenList, b))
	}
	for what, b := range hostileLeases() {
		caches = append(caches, tamper(values, what, goldenLease, b))
	}
	tooMany := make([]any, 4097)
	for i := range tooMany {
		tooMany[i] = clientstorage.NodeID(i + 1).String()
	}
	caches = append(caches,
		tamper(values, "too many nodes", goldenNodesKey, packed(append([]any{1}, tooMany...)...)),
		tamper(values, "a node as a number", goldenNodesKey, packed(1, 7)),
		tamper(values, "a node too long", goldenNodesKey, packed(1, "ASNFZ4mrze8A")),
		tamper(values, "a node that ends between bytes", goldenNodesKey, packed(1, "ASNFZ4mrze9")),
	)
	caches = append(caches, decorated(t, values)...)

	var jobs []job
	for _, c := range caches {
		if a := ask(t, newShared(t, driverOf(t, c.values)), g.Ask); a.Unreadable == "" {
			t.Errorf("%s: Go reads it", c.what)
		}
		jobs = append(jobs, job{Keys: hexOf(c.values), questions: g.Ask})
	}
	eachReader(t, func(t *testing.T, r foreignReader) {
		for i, a := range r.do(t, jobs...) {
			if a.Unreadable == "" || a.All != nil {
				t.Errorf("%s: %s reads it, and finds %d clients", caches[i].what, r.name, len(a.All))
			}
			if strings.Contains(caches[i].what, "another version") && !strings.Contains(a.Unreadable, "format version 2, this program reads 1") {
				t.Errorf("%s: %s says %q", caches[i].what, r.name, a.Unreadable)
			}
		}
	})
}

func packed(elements ...any) []byte {
	b, err := msgp.AppendIntf(nil, elements)
	if err != nil {
		panic(err)
	}
	return b
}

func hostilePages() map[string][]byte {
	client := func(change func(c []any)) []byte {
		c := []any{0, 1, "alice", false, []any{"ROLE_USER"}, 1_700_000_000_000, map[string]any{"a": "b"}}
		change(c)
		return packed(1, c)
	}
	long := strings.Repeat("x", 256)
	attributes := make(map[string]any)
	for i := range 65 {
		attributes[fmt.Sprint(i)] = ""
	}
	crowd := []any{1}
	for i := range 17 {
		crowd = append(crowd, []any{i % 16, 1, "alice", false, []any{}, 0, map[string]any{}})
	}
	return map[string][]byte{
		"17 clients":                  packed(crowd...),
		"a client of six elements":    packed(1, []any{0, 1, "alice", false, []any{}, 0}),
		"a client that is a number":   packed(1, 1),
		"a slot of the next page":     client(func(c []any) { c[0] = 16 }),
		"a negative slot":             client(func(c []any) { c[0] = -1 }),
		"a slot that is float":        client(func(c []any) { c[0] = 0.0 }),
		"a slot that is a boolean":    client(func(c []any) { c[0] = true }),
		"generation 0":                client(func(c []any) { c[1] = 0 }),
		"generation beyond 32 bits":   client(func(c []any) { c[1] = int64(1) << 32 }),
		"no user name":                client(func(c []any) { c[2] = "" }),
		"a user name of 256 bytes":    client(func(c []any) { c[2] = long }),
		"a user name of many letters": client(func(c []any) { c[2] = strings.Repeat("ž", 128) }),
		"a user that is a number":     client(func(c []any) { c[2] = 7 }),
		"anonymous as a number":       client(func(c []any) { c[3] = 0 }),
		"a role of 256 bytes":         client(func(c []any) { c[4] = []any{long} }),
		"a role that is nil":          client(func(c []any) { c[4] = []any{nil} }),
		"65 roles":                    client(func(c []any) { c[4] = make([]any, 65) }),
		"roles that are text":         client(func(c []any) { c[4] = "ROLE_USER" }),
		"since as text":               client(func(c []any) { c[5] = "now" }),
		"since beyond 64 bits":        client(func(c []any) { c[5] = uint64(1) << 63 }),
		"65 attributes":               client(func(c []any) { c[6] = attributes }),
		"an attribute that is list":   client(func(c []any) { c[6] = map[string]any{"a": []any{}} }),
		"attributes of 4097 bytes":    client(func(c []any) { c[6] = map[string]any{"a": strings.Repeat("x", 4096)} }),
	}
}

func hostileLists() map[string][]byte {
	user := func(name, anonymous any, pages ...any) []byte { return packed(1, []any{name, anonymous, pages}) }
	return map[string][]byte{
		"a user of two elements": packed(1, []any{"alice", false}),
		"no name":                user("", false, 0),
		"a name of 256 bytes":    user(strings.Repeat("x", 256), false, 0),
		"anonymous as nil":       user("alice", nil, 0),
		"no pages":               user("alice", false),
		"pages out of order":     user("alice", false, 1, 0),
		"a page twice":           user("alice", false, 1, 1),
		"a page as a boolean":    user("alice", false, true),
		"a page as text":         user("alice", false, "0"),
		"a page beyond all":      user("alice", false, 1<<24),
		"pages that are one":     packed(1, []any{"alice", false, 0}),
	}
}

func hostileLeases() map[string][]byte {
	lease := func(at int, value any) []byte {
		l := []any{1, 9, 64, 6, 7, 5, 1, 6000, 0, "web-1"}
		l[at] = value
		return packed(l...)
	}
	return map[string][]byte{
		"nine elements":           packed(1, 9, 64, 6, 7, 5, 1, 6000, 0),
		"pages beyond all":        lease(2, 1<<24+1),
		"level 27":                lease(3, 27),
		"a negative level":        lease(3, -1),
		"a level as a boolean":    lease(3, true),
		"clients beyond all":      lease(4, 1<<28+1),
		"more users than clients": lease(5, 8),
		"more anonymous":          lease(6, 8),
		"a ttl of days":           lease(7, 24*60*60*1000+1),
		"a lag of years":          lease(8, 366*24*60*60*1000),
		"a name of 256 bytes":     lease(9, strings.Repeat("x", 256)),
		"a name that is nil":      lease(9, nil),
	}
}

// decorated returns the cache as it is if the nodes compress or encrypt.
func decorated(t *testing.T, values map[string][]byte) []tampered {
	t.Helper()
	var caches []tampered
	add := func(what string, wrap func(clientstorage.Driver) clientstorage.Driver) {
		cache := new(clientstorage.MemoryDriver)
		d := wrap(cache)
		changed := make(map[string][]byte)
		for key, value := range values {
			if err := d.Save(t.Context(), key, value, time.Minute); err != nil {
				t.Fatal(err)
			}
			b, err := cache.Fetch(t.Context(), key)
			if err != nil || bytes.Equal(b, value) {
				t.Fatalf("%s leaves %s as it is: %v", what, key, err)
			}
			changed[key] = b
		}
		caches = append(caches, tampered{what, changed})
	}
	add("Compress", decorator.Compress)
	add("Seal", func(d clientstorage.Driver) clientstorage.Driver {
		sealed, err := decorator.Seal(d, bytes.Repeat([]byte{1}, 32))
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	})
	return caches
}

func driverOf(t *testing.T, values map[string][]byte) clientstorage.Driver {
	t.Helper()
	d := new(clientstorage.MemoryDriver)
	for key, value := range values {
		if err := d.Save(t.Context(), key, value, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// A reader that is slower than a lease may find that the lists have moved. It
// must not take that for users who left; here every reader is too slow.
func TestForeignReadersTooSlow(t *testing.T) {
	values, _ := goldenValues(t)
	c := tamper(values, "a ttl of nothing", goldenLease, packed(1, 9, 64, 6, 7, 5, 1, 0, 0, "web-1"))
	eachReader(t, func(t *testing.T, r foreignReader) {
		a := r.do(t, job{Keys: hexOf(c.values), questions: questions{Online: []string{"alice"}}})[0]
		if !strings.Contains(a.Unreadable, "too slow") {
			t.Errorf("%s says %q, and that %q are online", r.name, a.Unreadable, a.Online)
		}
	})
}

// What a later minor version may add is skipped: elements at the end of a lease,
// of a client and of a user in a list.
func TestAdditionsAreSkipped(t *testing.T) {
	values, g := goldenValues(t)
	for key, value := range values {
		if key != goldenNodesKey {
			values[key] = enlarged(t, value, strings.HasPrefix(key, "rollcall:l:"))
		}
	}
	check := func(t *testing.T, who string, a answers) {
		compareAnswers(t, who, withoutAges(a), g.Answers)
	}
	check(t, "Go", ask(t, newShared(t, driverOf(t, values)), g.Ask))
	eachReader(t, func(t *testing.T, r foreignReader) {
		check(t, r.name, r.do(t, job{Keys: hexOf(values), questions: g.Ask})[0])
	})
}

func enlarged(t *testing.T, value []byte, itself bool) []byte {
	t.Helper()
	decoded, _, err := msgp.ReadIntfBytes(value)
	if err != nil {
		t.Fatal(err)
	}
	addition := []any{nil, "later", map[string]any{"more": []any{true, 1.5}}}
	elements := decoded.([]any)
	if itself {
		return packed(append(elements, addition...)...)
	}
	for i, element := range elements[1:] {
		elements[i+1] = append(element.([]any), addition...)
	}
	return packed(elements...)
}
