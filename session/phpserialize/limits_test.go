package phpserialize

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// nested returns open and shut repeated around a null.
func nested(n int, open, shut string) string {
	return strings.Repeat(open, n) + "N;" + strings.Repeat(shut, n)
}

// nestedCustom returns objects in the payloads of one another.
func nestedCustom(n int) string {
	data := "N;"
	for range n {
		data = custom("X", data)
	}
	return data
}

func TestDepth(t *testing.T) {
	forms := map[string]func(n int) string{
		"array":  func(n int) string { return nested(n, "a:1:{i:0;", "}") },
		"object": func(n int) string { return nested(n, `O:1:"X":1:{s:1:"a";`, "}") },
		"custom": nestedCustom,
		"custom and array": func(n int) string {
			if n%2 == 1 {
				return nestedCustom(n)
			}
			data := "N;"
			for range n / 2 {
				data = custom("X", "a:1:{i:0;"+data+"}")
			}
			return data
		},
	}
	for name, form := range forms {
		for _, n := range []int{1, 100, maxDepth} {
			if _, err := Parse([]byte(form(n))); err != nil {
				t.Errorf("%s, %d deep: %v", name, n, err)
			}
		}
		for _, n := range []int{maxDepth + 1, 1000, 20000} {
			if name != "array" && name != "object" {
				n = min(n, 2000)
			}
			if _, err := Parse([]byte(form(n))); !errors.Is(err, ErrLimit) {
				t.Errorf("%s, %d deep: %v", name, n, err)
			}
		}
	}
	unclosed := strings.Repeat("a:1:{i:0;", 400_000)
	if _, err := Parse([]byte(unclosed)); !errors.Is(err, ErrLimit) {
		t.Errorf("unclosed: %v", err)
	}
}

// TestDepthAfterPayload checks that what is taken back does not count: a payload
// that fails deep inside leaves as much depth as there was.
func TestDepthAfterPayload(t *testing.T) {
	bad := custom("X", strings.Repeat("a:1:{i:0;", 100)+"?")
	list := "a:2:{i:0;" + bad + "i:1;%s}"
	if _, err := Parse(fmt.Appendf(nil, list, nested(maxDepth-1, "a:1:{i:0;", "}"))); err != nil {
		t.Error(err)
	}
	if _, err := Parse(fmt.Appendf(nil, list, nested(maxDepth, "a:1:{i:0;", "}"))); !errors.Is(err, ErrLimit) {
		t.Errorf("one deeper: %v", err)
	}
}

// TestPayloadsAreTriedOnce checks that payloads in payloads, all of which fail at
// their ends, are not tried again when the outer ones are taken back.
func TestPayloadsAreTriedOnce(t *testing.T) {
	data, levels := "N;", 0
	for ; levels < maxDepth/2; levels++ {
		data = custom("X", "a:2:{i:0;"+data+"i:1;?}")
	}
	p := newParser([]byte(data))
	if _, err := p.Value(); err != nil {
		t.Fatal(err)
	}
	if p.values > 3*levels+1 { // a Custom, its array, and the "?"
		t.Errorf("%d values were read on %d levels", p.values, levels)
	}
	if len(p.doc.nodes) != 2 || len(p.slots) != 1 {
		t.Errorf("%d nodes and %d slots are left", len(p.doc.nodes), len(p.slots))
	}
}

func list(n int, value string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "a:%d:{", n)
	for i := range n {
		fmt.Fprintf(&b, "i:%d;%s", i, value)
	}
	b.WriteString("}")
	return b.String()
}

func TestWide(t *testing.T) {
	v := mustParse(t, list(maxValues-1, "N;"))
	if v.Len() != maxValues-1 {
		t.Errorf("Len is %d", v.Len())
	}
	if got, ok := v.Index(maxValues - 2); !ok || got.Kind() != Null {
		t.Error("the last element is missing")
	}
	if _, err := Parse([]byte(list(maxValues, "N;"))); !errors.Is(err, ErrLimit) {
		t.Errorf("one more: %v", err)
	}
	// Beside one another is not within one another.
	mustParse(t, list(1000, `a:1:{i:0;O:1:"X":0:{}}`))
	mustParse(t, list(1000, `C:1:"X":6:{a:0:{}}`))
	// Values that are taken back count: they were work.
	taken := custom("X", list(1000, "N;")+"?")
	if _, err := Parse([]byte(list(maxValues/1000, taken))); !errors.Is(err, ErrLimit) {
		t.Errorf("in payloads: %v", err)
	}
}

func TestLengths(t *testing.T) {
	long := strings.Repeat("k", maxName)
	name := fmt.Sprintf(`%d:"%s"`, len(long), long)
	longer := fmt.Sprintf(`%d:"%sk"`, len(long)+1, long)
	for data, want := range map[string]error{
		"a:1:{s:" + name + ";N;}":                      nil,
		"a:1:{s:" + longer + ";N;}":                    ErrLimit,
		"O:" + name + ":0:{}":                          nil,
		"O:" + longer + ":0:{}":                        ErrLimit,
		"E:4096:\"X:" + long[2:] + "\";":               nil,
		"E:4097:\"X:" + long[1:] + "\";":               ErrLimit,
		"s:" + longer + ";":                            nil,
		"s:2147483648:\"a\";":                          ErrSyntax,
		"s:2147483647:\"a\";":                          ErrSyntax,
		"s:18446744073709551617:\"a\";":                ErrSyntax,
		"a:2147483647:{}":                              ErrSyntax,
		"a:1:{i:0;a:99999999:{i:0;i:1;}}":              ErrSyntax,
		"i:" + strings.Repeat("0", 1<<20) + "7;":       nil,
		"i:" + strings.Repeat("9", 1<<20) + ";":        ErrSyntax,
		"d:" + strings.Repeat("9", 1<<20) + ";":        nil,
		"d:1e" + strings.Repeat("9", 1<<20) + ";":      nil,
		"s:" + strings.Repeat("0", 1<<20) + "1:\"a\";": nil,
	} {
		if _, err := Parse([]byte(data)); !errors.Is(err, want) {
			t.Errorf("%.40s: %v; want %v", data, err, want)
		}
	}
	most := maxInput - len(`s:4194290:"";`)
	data := fmt.Sprintf(`s:%d:"%s";`, most, strings.Repeat("x", most))
	if _, err := Parse([]byte(data)); len(data) != maxInput || err != nil {
		t.Errorf("%d bytes: %v", len(data), err)
	}
	if _, err := Parse([]byte(data + ";")); !errors.Is(err, ErrLimit) {
		t.Errorf("%d bytes: %v", len(data)+1, err)
	}
}

// TestReferenceBomb checks that 2^40 values cost no more than 41 do, unless
// somebody walks through them all.
func TestReferenceBomb(t *testing.T) {
	data, err := os.ReadFile("testdata/corpus/ref_bomb_40.ser")
	if err != nil {
		t.Fatal(err)
	}
	v, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(v.doc.nodes); n > 300 {
		t.Errorf("%d nodes", n)
	}
	value, _ := v.Index(40)
	for range 40 { // a path through the bomb
		if value.Len() != 2 {
			t.Fatalf("an array has %d elements", value.Len())
		}
		value, _ = value.Index(1)
	}
	if s, _ := value.Index(0); s.Any() != "x" {
		t.Errorf("at the end is %v", s.Any())
	}
}

// hostile are inputs that make a careless reader allocate.
func hostile() map[string]string {
	return map[string]string{
		"declared string":   `s:1000000000:"a";`,
		"declared array":    "a:357913941:{i:0;i:1;}",
		"declared in depth": strings.Repeat("a:100:{i:0;", 100),
		"shortest elements": "a:100000:{" + strings.Repeat("i:0;N;", 100_000) + "}",
		"empty payloads":    list(10_000, `C:1:"X":0:{}`),
		"payloads":          list(1000, custom("X", list(100, "N;")+"?")),
		"references":        list(20_000, "R:1;"),
		"keys":              "a:50001:{i:-1;R:1;" + strings.TrimPrefix(list(50_000, "N;"), "a:50000:{"),
		"payload in depth":  nestedCustom(maxDepth),
		"depth":             nested(maxDepth, "a:1:{i:0;", "}"),
	}
}

// TestMemory checks that no input makes Parse allocate more than a small
// multiple of its own size.
func TestMemory(t *testing.T) {
	const multiple, constant = 28, 1024
	for name, data := range hostile() {
		input := []byte(data)
		if bytes := allocated(func() { Parse(input) }); bytes > multiple*len(input)+constant {
			t.Errorf("%s: %d bytes were allocated for an input of %d", name, bytes, len(input))
		}
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}
