package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// Messages that have to be understood. The first ones are from RFC 7692 section
// 7.2.3.
var good = map[string]struct{ src, want string }{
	"Hello":                            {"\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello"},
	"not compressed":                   {"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", "Hello"},
	"final block":                      {"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello"},
	"two blocks":                       {"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello"},
	"empty":                            {"\x00", ""},
	"no payload":                       {"", ""},
	"final and no more":                {"\xf3\x48\xcd\xc9\xc9\x07\x00", "Hello"},
	"final at the end, not compressed": {"\x01\x05\x00\xfa\xffHello", "Hello"},
	"two final blocks":                 {"\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "HelloHello"},
	"final, then not":                  {"\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x48\xcd\xc9\xc9\x07\x00", "HelloHello"},
	"final, not compressed": {
		"\x01\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\xf2\x48\xcd\xc9\xc9\x07\x00", "HelloHello"},
	"back over a final block": {
		string(block(1, fixed).fixed('a', 'b', 'c', endOfBlock).align().b) +
			block(0, fixed).fixed(257).code(2, 5).fixed(endOfBlock).end(), "abcabc"},
	"final at the end": {"\xf2\x48\xcd\xc9\xc9\x07\x04", "Hello"},
	"only a literal, no distance": {
		trees(lengthsOf(257, map[int]int{'a': 1, endOfBlock: 1}), []int{0}).
			code(0, 1).code(0, 1).code(1, 1).end(), "aa"},
	"a single distance": {
		trees(lengthsOf(258, map[int]int{'a': 1, endOfBlock: 2, 257: 2}), []int{1}).
			code(0, 1).code(3, 2).code(0, 1).code(2, 2).end(), "aaaa"},
	"no literal": {trees(lengthsOf(257, map[int]int{endOfBlock: 1}), []int{0}).code(0, 1).end(), ""},
}

func TestInflate(t *testing.T) {
	for name, c := range good {
		for _, dst := range []string{"", "before "} {
			got, err := Inflate([]byte(dst), []byte(c.src), len(c.want))
			if err != nil || string(got) != dst+c.want {
				t.Errorf("%s, after %q: %q, %v; want %q", name, dst, got, err, c.want)
			}
		}
		for limit := range len(c.want) {
			if got, err := Inflate([]byte("x"), []byte(c.src), limit); err != ErrTooBig || string(got) != "x" {
				t.Errorf("%s with a limit of %d: %q, %v", name, limit, got, err)
			}
		}
	}
}

// Every length and every distance, with all their extra bits.
func TestInflateRepeats(t *testing.T) {
	noise := make([]byte, 1<<15)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	for i, d := range distanceSpans[:maxDistances] {
		for _, extra := range []int{0, 1<<d.extra - 1} {
			src := append(storedBlock(noise), block(0, fixed).fixed(264).code(i, 5).number(extra, int(d.extra)).fixed(endOfBlock).end()...)
			check(t, src)
		}
	}
	for i, l := range lengthSpans[:maxLiterals-257] {
		for extra := range 1 << l.extra {
			src := block(0, fixed).fixed('a', 'b', 'c', 257+i).number(extra, int(l.extra)).code(2, 5).fixed('d', endOfBlock).end()
			check(t, []byte(src))
		}
	}
}

// Codes and extra bits as long as they can be, wherever they begin in a byte.
func TestInflateLongCodes(t *testing.T) {
	noise := make([]byte, 1<<15)
	rand.NewChaCha8([32]byte{4}).Read(noise)
	// Codes of 1 to 14 bits, and two of 15.
	literals, distances := lengthsOf(286, nil), lengthsOf(30, nil)
	for i := range 14 {
		literals['a'+i], distances[i] = i+1, i+1
	}
	literals[endOfBlock], literals[284] = 15, 15
	distances[28], distances[29] = 15, 15
	r := rand.New(rand.NewPCG(5, 6))
	w := trees(literals, distances)
	for range 2000 {
		if r.IntN(2) == 0 {
			i := r.IntN(14)
			w.code(1<<(i+1)-2, i+1)
		}
		w.code(1<<15-1, 15).number(r.IntN(31), 5)
		w.code(1<<15-2+r.IntN(2), 15).number(r.IntN(1<<13), 13)
	}
	check(t, append(storedBlock(noise), w.code(1<<15-2, 15).end()...))
}

// storedBlock returns a block with up to 65535 bytes that are not compressed.
func storedBlock(b []byte) []byte {
	n := len(b)
	return append([]byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}, b...)
}

func TestInflateAllSizes(t *testing.T) {
	b := []byte(strings.Repeat("abcabcabd", 1<<14))
	rand.NewChaCha8([32]byte{2}).Read(b[100:40000])
	for _, around := range []int{0, 255, 511, 1 << 15, 1 << 16} {
		for n := max(0, around-3); n < around+60; n++ {
			for _, level := range []int{flate.HuffmanOnly, flate.BestSpeed, 6} {
				check(t, compressed(t, level, b[:n]))
				if around > 1<<10 {
					n += 7
				}
			}
		}
	}
}

// A gigabyte that hides in a megabyte costs no more than what is allowed.
func TestInflateBomb(t *testing.T) {
	const limit = 1 << 20
	mega := append(compressed(t, 9, make([]byte, 1<<20)), tail...)
	bomb := append(bytes.Repeat(mega, 1<<10), 0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := Inflate(nil, bomb, limit)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrTooBig) || got != nil {
		t.Fatal(len(got), err)
	}
	// Growing takes twice as much in all.
	if n := after.TotalAlloc - before.TotalAlloc; n > 4*limit {
		t.Errorf("took %d bytes", n)
	}
}

// Memory is taken for what comes, not for what may come or is announced.
func TestInflateTakesWhatIsNeeded(t *testing.T) {
	src := compressed(t, 1, []byte(strings.Repeat("a", 5000)))
	got, err := Inflate(nil, src, math.MaxInt)
	if err != nil || len(got) != 5000 || cap(got) > 4*5000 {
		t.Error(len(got), cap(got), err)
	}
	got, err = Inflate(nil, src, 5000)
	if err != nil || cap(got) > 5000*5/4 {
		t.Error("room beyond the limit:", cap(got), err)
	}
	got, err = Inflate(make([]byte, 1), src, math.MaxInt)
	if err != nil || len(got) != 5001 {
		t.Error(len(got), err)
	}
	if _, err := Inflate(nil, []byte("\x00\xff\xff\x00\x00"), math.MaxInt); err != ErrCorrupt {
		t.Error(err)
	}
	if _, err := Inflate(nil, src, -1); err != ErrTooBig {
		t.Error(err)
	}
	// Nothing is written where the caller did not allow it.
	buf := bytes.Repeat([]byte{'x'}, 6000)
	if got, err := Inflate(buf[:1], src, 4999); err != ErrTooBig || len(got) != 1 {
		t.Error(len(got), err)
	}
	if i := bytes.IndexByte(buf[1+4999:], 'a'); i >= 0 {
		t.Error("written beyond the limit")
	}
}

func TestInflateAllocs(t *testing.T) {
	dst := make([]byte, 0, 1<<17)
	srcs := map[string][]byte{"text": compressed(t, 6, []byte(strings.Repeat("Lorem ipsum 0123456789, dolor", 1000)))}
	for name, block := range hostileBlocks {
		srcs[name] = append(bytes.Repeat([]byte(block), 100), 0)
	}
	for name, src := range srcs {
		if n := allocs(func() {
			if _, err := Inflate(dst, src, cap(dst)); err != nil {
				t.Fatal(name, err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// allocs counts the allocations of f. The race detector makes a sync.Pool forget
// some of what it has, and a collection all of it: what counts is the best of
// many runs.
func allocs(f func()) float64 {
	least := math.Inf(1)
	for range 100 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}

func TestConcurrent(t *testing.T) {
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			message := []byte(strings.Repeat(string(rune('a'+i))+" message ", 100+i))
			for range 50 {
				src, ok := Deflate(nil, message)
				got, err := Inflate(nil, src, len(message))
				if !ok || err != nil || !bytes.Equal(got, message) {
					t.Errorf("%v, %v, %q", ok, err, got)
				}
			}
		})
	}
	all.Wait()
}
