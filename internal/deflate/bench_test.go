package deflate

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"go/build"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The benchmarks take their words from a book that comes with Go.
func book(tb testing.TB) string {
	b, err := os.ReadFile(filepath.Join(build.Default.GOROOT, "src/testdata/Isaac.Newton-Opticks.txt"))
	if err != nil {
		tb.Fatal("no text to compress: ", err)
	}
	return string(b)
}

// chats returns n messages of a chat, in JSON, of about size bytes.
func chats(tb testing.TB, n, size int) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields(book(tb))
	messages := make([][]byte, n)
	for i := range messages {
		message := func(text []string) []byte {
			b, err := json.Marshal(map[string]any{
				"type": "message", "id": r.IntN(1e9), "at": 1700000000 + r.IntN(1e7),
				"from": fmt.Sprint("user", r.IntN(5000)), "room": fmt.Sprint("room-", r.IntN(50)),
				"text": strings.Join(text, " "),
			})
			if err != nil {
				tb.Fatal(err)
			}
			return b
		}
		at, length := r.IntN(len(words)-1000), 0
		for m := message(nil); len(m) < size; m = message(words[at:][:length]) {
			messages[i] = m
			length++
		}
	}
	return messages
}

// mixed returns n chat messages of 60 to 300 bytes.
func mixed(tb testing.TB, n int) [][]byte {
	r := rand.New(rand.NewPCG(3, 4))
	all := map[int][][]byte{}
	messages := make([][]byte, n)
	for i := range messages {
		size := 110 + 10*r.IntN(20)
		if all[size] == nil {
			all[size] = chats(tb, n, size)
		}
		messages[i] = all[size][i]
	}
	return messages
}

type messages struct {
	name string
	all  [][]byte
}

// realistic returns the messages that the package's figures are about.
func realistic(tb testing.TB) []messages {
	text := []byte(book(tb))
	list := func(size int) (all [][]byte) {
		for chat := range slices.Chunk(chats(tb, 20*(size/200), 200), size/200) {
			all = append(all, append(append([]byte("["), bytes.Join(chat, []byte(","))...), ']'))
		}
		return all
	}
	noise := make([]byte, 1000)
	rand.NewChaCha8([32]byte{}).Read(noise)
	return []messages{
		{"chat-130", chats(tb, 300, 130)},
		{"chat-200", chats(tb, 300, 200)},
		{"chat-250", chats(tb, 300, 256)},
		{"chat-400", chats(tb, 300, 400)},
		{"chat-mixed", mixed(tb, 300)},
		{"json-1K", list(1000)},
		{"json-4K", list(4000)},
		{"text-64K", [][]byte{text[:64<<10], text[64<<10:][:64<<10], text[128<<10:][:64<<10]}},
		{"random-1K", [][]byte{noise}},
	}
}

func BenchmarkDeflate(b *testing.B) {
	for _, m := range realistic(b) {
		b.Run(m.name, func(b *testing.B) {
			var before, after int
			for _, src := range m.all {
				out, ok := Deflate(nil, src)
				if !ok {
					out = src
				}
				before, after = before+len(src), after+len(out)
			}
			dst := make([]byte, 0, 1<<20)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				Deflate(dst, m.all[i%len(m.all)])
			}
			b.ReportMetric(float64(before)/float64(len(m.all)), "B/message")
			b.ReportMetric(float64(after)/float64(before), "ratio")
		})
	}
}

func BenchmarkInflate(b *testing.B) {
	for _, m := range realistic(b) {
		if src, ok := Deflate(nil, m.all[0]); ok {
			b.Run(m.name, func(b *testing.B) { besideStd(b, src) })
		}
	}
}

// BenchmarkInflateHostile inflates 64 KiB of what takes a receiver longest.
func BenchmarkInflateHostile(b *testing.B) {
	for name, block := range hostileBlocks {
		src := append(bytes.Repeat([]byte(block), 64<<10/len(block)), 0)
		b.Run(name, func(b *testing.B) { besideStd(b, src) })
	}
}

// besideStd measures Inflate, and what a pooled reader of compress/flate takes.
func besideStd(b *testing.B, src []byte) {
	dst := make([]byte, 1<<20)
	b.Run("Inflate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Inflate(dst[:0], src, len(dst)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("std", func(b *testing.B) {
		b.ReportAllocs()
		in := bytes.NewReader(nil)
		r := flate.NewReader(in)
		whole := append(bytes.Clone(src), tail+"\x03\x00"...)
		for b.Loop() {
			in.Reset(whole)
			for n := 0; in.Len() > 0; {
				r.(flate.Resetter).Reset(in, nil)
				for err := error(nil); err != io.EOF; {
					var more int
					if more, err = r.Read(dst[n:]); err != nil && err != io.EOF {
						b.Fatal(err)
					}
					n += more
				}
			}
		}
	})
}

// BenchmarkTakeover tells what it would be worth, and what it would take, to keep
// the window of each client from message to message.
func BenchmarkTakeover(b *testing.B) {
	for _, level := range []int{flate.BestSpeed, 6} {
		for _, m := range realistic(b) {
			b.Run(fmt.Sprint(m.name, "/level-", level), func(b *testing.B) {
				var before, after int
				var out bytes.Buffer
				w, err := flate.NewWriter(&out, level)
				if err != nil {
					b.Fatal(err)
				}
				for i := 0; b.Loop(); i++ {
					src := m.all[i%len(m.all)]
					out.Reset()
					w.Write(src)
					w.Flush()
					if i < len(m.all) {
						before, after = before+len(src), after+out.Len()-len(tail)
					}
				}
				b.ReportMetric(float64(after)/float64(before), "ratio")
			})
		}
		b.Run(fmt.Sprint("memory/level-", level), func(b *testing.B) {
			const clients = 20
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				var kept [clients]*flate.Writer
				for i := range kept {
					kept[i], _ = flate.NewWriter(io.Discard, level)
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				runtime.KeepAlive(&kept)
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/clients, "B/client")
		})
	}
}
