package memcachedstore

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session"
)

// payload is what php-memcached stores of a stream that it compressed.
func payload(length int, stream []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(length)), stream...)
}

func zlibStream(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func TestContent(t *testing.T) {
	text := []byte(strings.Repeat("session ", 20))
	stream := zlibStream(text)
	for name, test := range map[string]struct {
		flags uint32
		data  []byte
		want  string // in the error, or nothing
	}{
		"plain":               {0, text, ""},
		"plain with flags":    {0xffff0000 | zlibbed, text, ""},
		"zlib":                {compressed | zlibbed, payload(len(text), stream), ""},
		"zlib with flags":     {0x00010000 | compressed | zlibbed, payload(len(text), stream), ""},
		"zlib, longer":        {compressed | zlibbed, payload(len(text)-1, stream), "zlib"},
		"zlib, shorter":       {compressed | zlibbed, payload(len(text)+1, stream), "zlib"},
		"zlib, cut off":       {compressed | zlibbed, payload(len(text), stream[:len(stream)-1]), "zlib"},
		"zlib, wrong":         {compressed | zlibbed, payload(len(text), []byte("not zlib")), "zlib"},
		"FastLZ, wrong":       {compressed | fastLZed, payload(len(text), stream), "FastLZ"},
		"too long":            {compressed | zlibbed, payload(most+1, stream), "at most"},
		"too long, by far":    {compressed | fastLZed, payload(-1, []byte{0, 0}), "at most"},
		"no length":           {compressed | zlibbed, []byte{1, 2, 3}, "too short"},
		"zstd":                {compressed | zstded, payload(len(text), stream), "zstd"},
		"unknown compression": {compressed, payload(len(text), stream), "unknown way"},
		"an int":              {1, []byte("5"), "an int"},
		"a float":             {2, []byte("5.5"), "a float"},
		"a bool":              {3, []byte("1"), "a bool"},
		"serialized":          {4, []byte("a:0:{}"), "serialized by PHP"},
		"igbinary":            {5 | compressed | zlibbed, payload(len(text), stream), "igbinary"},
		"JSON":                {6, []byte("{}"), "JSON"},
		"msgpack":             {7, []byte("{}"), "msgpack"},
		"another type":        {15, []byte("{}"), "type 15"},
	} {
		got, err := content(item{flags: test.flags, data: test.data, size: len(test.data)}, most)
		switch {
		case test.want == "" && (err != nil || !bytes.Equal(got, text)):
			t.Errorf("%s: %q, %v", name, got, err)
		case test.want != "" && (!errors.Is(err, session.ErrUnreadable) || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %q, %v; want an error with %q", name, got, err, test.want)
		}
	}
}

// A stream of either kind cannot make more than it says, nor allocate more than
// max and some.
func TestBombs(t *testing.T) {
	zeros := zlibStream(make([]byte, 8<<20))
	run := append([]byte{0x20, 'x'}, bytes.Repeat([]byte{0xff}, 100_000)...) // level 2
	for name, it := range map[string]item{
		"zlib":   {flags: compressed | zlibbed, data: payload(1000, zeros)},
		"FastLZ": {flags: compressed | fastLZed, data: payload(1000, run)},
		"a lie":  {flags: compressed | fastLZed, data: payload(most, []byte{0, 'x'})},
	} {
		allocated := allocatedBy(func() {
			if got, err := content(it, most); err == nil {
				t.Fatalf("%s makes %d bytes", name, len(got))
			}
		})
		if allocated > 100_000 { // of which zlib's reader has 45,000
			t.Errorf("%s allocates %d bytes", name, allocated)
		}
	}
}

// allocatedBy returns how many bytes f allocates.
func allocatedBy(f func()) uint64 {
	const times = 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / times
}

// The instructions of FastLZ, one by one.
func TestFastLZ(t *testing.T) {
	far := strings.Repeat("0123456789abcdef", 600) // 9600 bytes
	literals := func(level byte, s string) (b []byte) {
		for len(s) > 0 {
			n := min(len(s), 32)
			b = append(append(b, byte(n-1)), s[:n]...)
			s = s[n:]
		}
		b[0] |= level << 5
		return b
	}
	for name, test := range map[string]struct {
		src  []byte
		want string
	}{
		"literals":                  {literals(0, "abc"), "abc"},
		"literals, level 2":         {literals(1, "abc"), "abc"},
		"a short match":             {append(literals(0, "abcd"), 0x20, 3), "abcdabc"},
		"a run":                     {append(literals(0, "a"), 0xc0, 0), "a" + strings.Repeat("a", 8)},
		"a match of itself":         {append(literals(0, "abc"), 0xe0, 5, 2), "abc" + strings.Repeat("abc", 5)[:14]},
		"level 1 has one length":    {append(literals(0, "a"), 0xe0, 255, 0), "a" + strings.Repeat("a", 264)},
		"level 2 has many":          {append(literals(1, "a"), 0xe0, 255, 255, 1, 0), "a" + strings.Repeat("a", 9+511)},
		"a distance of 13 bits":     {append(literals(0, far), 0x3f, 0xff), far + far[len(far)-8192:][:3]},
		"a distance of 29 bits":     {append(literals(1, far), 0x3f, 0xff, 0x00, 0x10), far + far[len(far)-8192-16:][:3]},
		"a near distance, level 2":  {append(literals(1, far), 0x3e, 0xff), far + far[len(far)-31*256:][:3]},
		"a far distance of 16 bits": {append(literals(1, far), 0x3f, 0xff, 0x01, 0x00), far + far[len(far)-8192-256:][:3]},
	} {
		got, err := fastLZ(test.src, len(test.want))
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		for _, length := range []int{len(test.want) - 1, len(test.want) + 1} {
			if _, err := fastLZ(test.src, length); err == nil {
				t.Errorf("%s: the length %d is accepted", name, length)
			}
		}
	}
	for name, src := range map[string]string{
		"nothing":                "",
		"level 3":                "4061",
		"too few literals":       "0261",
		"one literal too few":    "0161",
		"a match without offset": "006120",
		"no length":              "0061e0",
		"no second length":       "2061e0ff",
		"no far distance":        "20613fff00",
		"before the beginning":   "00612001",
		"far before":             "20613fffffff",
	} {
		data, err := hex.DecodeString(src)
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, 'x')[:len(data)] // what is behind the end is not read
		for length := range 300 {
			if got, err := fastLZ(data, length); err == nil {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
}

func FuzzFastLZ(f *testing.F) {
	big, err := os.ReadFile("testdata/store-memcached/big.sess")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(big[4:], uint16(binary.LittleEndian.Uint32(big)))
	f.Add([]byte("\x20a\xe0\xff\xff\x01\x00"), uint16(521))
	f.Add([]byte("\x00a\xe0\xff\x00"), uint16(265))
	f.Add([]byte("\x20a\x3f\xff\x00\x00"), uint16(10))
	f.Fuzz(func(t *testing.T, src []byte, length uint16) {
		got, err := fastLZ(src, int(length))
		if err == nil && len(got) != int(length) {
			t.Fatalf("%d bytes; want %d", len(got), length)
		}
		if cap(got) > int(length)+64 && cap(got) > 2*int(length) {
			t.Fatalf("%d bytes have %d", length, cap(got))
		}
	})
}
