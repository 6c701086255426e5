package phpserialize

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLikePHP asks PHP about thousands of inputs that are nearly, or quite, in
// the format: either both take an input, and read the same, or both refuse it,
// unless a difference is known.
func TestLikePHP(t *testing.T) {
	const cases = 3000
	php := startPHP(t)
	random := rand.New(rand.NewPCG(5, 2)) // the same inputs every time
	seeds := seedInputs(t)
	taken, refused := 0, 0
	for i := range cases {
		var data []byte
		if i%4 == 0 {
			data = slices.Clone(seeds[random.IntN(len(seeds))])
		} else {
			g := generator{Rand: random}
			g.value(0)
			data = g.Bytes()
		}
		for range random.IntN(4) {
			data = mutate(random, data)
		}
		if compare(t, php, data) {
			taken++
		} else {
			refused++
		}
	}
	if taken < cases/5 || refused < cases/5 {
		t.Errorf("of %d inputs %d were taken and %d refused: the test does not try both", cases, taken, refused)
	}
}

// compare reports whether Parse takes data.
func compare(t *testing.T, php *php, data []byte) (taken bool) {
	t.Helper()
	v, err := Parse(data)
	theirs, ok := php.unserialize(t, data)
	switch {
	case err != nil:
		if ok && !deliberate(data, err) && !countsOtherwise(data, err) {
			t.Errorf("%q: %v; PHP reads %s", data, err, theirs)
		}
		return false
	case classesOwn(v): // may be taken or not
	case !ok:
		t.Errorf("%q: is taken, but PHP refuses it", data)
	default:
		budget := 500
		if ours := describe(v, 0, &budget); ours != theirs {
			t.Errorf("%q:\n%s\nPHP reads\n%s", data, ours, theirs)
		}
	}
	return true
}

// classesOwn reports whether there is something in the input that PHP reads or
// refuses for a class, not for the format.
func classesOwn(v Value) bool {
	for i, n := range v.doc.nodes {
		switch v := (Value{v.doc, int32(i)}); n.kind {
		case Enum: // of another enumeration, or another case
			if v.Class() != "Suit" || v.Case() != "Hearts" && v.Case() != "Spades" {
				return true
			}
		case Object: // O: for a class that wants C:
			if strings.EqualFold(v.Class(), "Ser") {
				return true
			}
		case Custom: // only Ser reads its payload, and it does so always
			if _, nested := v.Nested(); nested != strings.EqualFold(v.Class(), "Ser") {
				return true
			}
		case Unresolved:
			return true
		}
	}
	return false
}

// countsOtherwise reports whether a reference was refused that PHP finds
// elsewhere, for a key is there twice or a class leaves its payload unread.
func countsOtherwise(data []byte, err error) bool {
	if !strings.Contains(err.Error(), "want a reference to ") {
		return false
	}
	v, err := NewParser(references.ReplaceAll(data, []byte("i:$1;"))).Value()
	if err != nil {
		return false
	}
	twice := slices.ContainsFunc(containers(v), v.doc.hasTwice)
	return twice || classesOwn(v)
}

var references = regexp.MustCompile(`[rR]:(\d+);`)

// containers returns the nodes of v that have elements.
func containers(v Value) (at []int) {
	for i, n := range v.doc.nodes {
		if n.kind == Array || n.kind == Object {
			at = append(at, i)
		}
	}
	return at
}

// seedInputs returns what PHP and Symfony wrote.
func seedInputs(tb testing.TB) (inputs [][]byte) {
	tb.Helper()
	for _, pattern := range []string{"testdata/corpus/*.ser", "testdata/tokens/*.token"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			tb.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				tb.Fatal(err)
			}
			if len(data) < 4<<10 {
				inputs = append(inputs, data)
			}
		}
	}
	return inputs
}

// A generator writes random values in the format, most of them right.
type generator struct {
	*rand.Rand
	bytes.Buffer
	slots int
}

func (g *generator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g *generator) value(depth int) {
	g.slots++
	kind := g.IntN(16)
	if depth > 4 {
		kind %= 8
	}
	switch kind {
	case 0:
		g.WriteString("N;")
	case 1:
		fmt.Fprintf(g, "b:%d;", g.IntN(2))
	case 2, 3:
		g.integer()
	case 4:
		g.WriteString("d:" + g.pick("0", "-0", "0.1", "1.0E+25", "1e-7", "INF", "-INF", "NAN", "5.", ".5", "+.5e+3", "1e999", "-12.25", "123456789012345678901234567890", "4.9E-324") + ";")
	case 5, 6:
		g.string()
	case 7:
		if g.IntN(3) == 0 {
			g.slots--
			fmt.Fprintf(g, "R:%d;", 1+g.IntN(g.slots+1))
			return
		}
		fmt.Fprintf(g, "r:%d;", 1+g.IntN(g.slots))
	case 8, 9, 10, 11:
		g.WriteString("a:")
		g.elements(depth)
	case 12, 13:
		fmt.Fprintf(g, "O:%s:", g.pick(`8:"stdClass"`, `7:"Foo\Bar"`, `4:"Žof"`, `1:"_"`))
		g.elements(depth)
	case 14:
		payload := generator{Rand: g.Rand, slots: g.slots}
		class := `3:"Ser"`
		if g.IntN(4) == 0 {
			class = `2:"Op"`
			payload.WriteString(g.pick("", "opaque", "}", `{"a":1}`, "x:i:0;a:0:{};m:a:0:{}"))
		} else {
			payload.value(depth + 1)
			g.slots = payload.slots
		}
		fmt.Fprintf(g, "C:%s:%d:{%s}", class, payload.Len(), payload.Bytes())
	case 15:
		fmt.Fprintf(g, "E:11:\"Suit:%s\";", g.pick("Hearts", "Spades"))
	}
}

func (g *generator) integer() {
	g.WriteString("i:" + g.pick("0", "1", "-1", "+7", "007", "-0", "42", "9223372036854775807", "-9223372036854775808") + ";")
}

func (g *generator) string() {
	s := g.pick("", "a", "5", "-5", "05", "-0", "5.0", "ž", "\x00\xff", `";`, `";s:1:"`, "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "\x00*\x00name", "\x00Foo\x00name", "long enough to be a text of its own")
	fmt.Fprintf(g, "s:%d:\"%s\";", len(s), s)
}

func (g *generator) elements(depth int) {
	n := g.IntN(5)
	if g.IntN(30) == 0 {
		n = 20
		depth = 4
	}
	fmt.Fprintf(g, "%d:{", n)
	for i := range n {
		switch g.IntN(8) {
		case 0:
			g.integer()
		case 1:
			g.string()
		case 2:
			fmt.Fprintf(g, "s:2:\"k%d\";", i%10)
		default:
			fmt.Fprintf(g, "i:%d;", i)
		}
		g.value(depth + 1)
	}
	g.WriteString("}")
}

// mutate changes, inserts, removes or doubles a few bytes.
func mutate(random *rand.Rand, data []byte) []byte {
	const alphabet = `:;{}"0123456789-+.abdisNOCERrSe\x*`
	if len(data) == 0 {
		return []byte{alphabet[random.IntN(len(alphabet))]}
	}
	at := random.IntN(len(data))
	b := alphabet[random.IntN(len(alphabet))]
	switch random.IntN(6) {
	case 0:
		return slices.Delete(data, at, at+1)
	case 1:
		return slices.Insert(data, at, b)
	case 2: // a piece twice
		end := min(len(data), at+1+random.IntN(24))
		return slices.Insert(data, at, slices.Clone(data[at:end])...)
	case 3: // the end is missing
		if random.IntN(4) == 0 {
			return data[:at]
		}
	case 4: // another number
		if i := bytes.IndexAny(data[at:], "0123456789"); i >= 0 {
			data[at+i] = '0' + byte(random.IntN(10))
			return data
		}
	}
	data[at] = b
	return data
}
