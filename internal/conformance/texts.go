package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
)

// A corpus is what the compressed messages are cut from. The suite has files that
// are not free to copy; these are made to compress about as well, and always the
// same. Those for text are ASCII, as they are cut anywhere.
type corpus struct {
	about  string
	binary bool
	data   func() string
}

// corpora are in the suite's order.
var corpora = []corpus{
	{"JSON", false, sync.OnceValue(jsonText)},
	{"a bitmap", true, sync.OnceValue(bitmap)},
	{"prose", true, sync.OnceValue(prose)},
	{"HTML", false, sync.OnceValue(htmlText)},
	{"a PDF", true, sync.OnceValue(pdf)},
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 12)) }

var words = strings.Fields(`the habe nun ach philosophie juristerei und medizin and leider auch theologie
	durchaus studiert with hot endeavour here I stand poor fool as wise as before man calls me master doctor
	even since ten years up down across lead my pupils by the nose see that we can know nothing`)

func word(r *rand.Rand) string { return words[r.IntN(len(words))] }

// jsonText has records with a few keys.
func jsonText() string {
	r := random(1)
	var b strings.Builder
	for b.WriteByte('['); b.Len() < 194056; {
		fmt.Fprintf(&b, `{"id": %d, "name": "%s %s", "score": %.3f, "tags": ["%s", "%s"], "active": %v},`+"\n",
			r.IntN(1e6), word(r), word(r), r.Float64()*100, word(r), word(r), r.IntN(2) == 0)
	}
	return b.String()[:194056]
}

// bitmap has neighbours that are alike, which hardly compress.
func bitmap() string {
	r := random(2)
	b := make([]byte, 263222)
	at := 128.0
	for i := range b {
		at += (r.Float64() - 0.5) * 12
		at += (128 - at) / 200
		b[i] = byte(at)
	}
	return string(b)
}

// prose has lines of words, some of them with umlauts.
func prose() string {
	r := random(3)
	var b strings.Builder
	for b.Len() < 222218 {
		for range 6 + r.IntN(4) {
			b.WriteString(word(r))
			b.WriteByte(" \xfc\xe4"[r.IntN(20)/18])
		}
		b.WriteString("\r\n")
	}
	return b.String()[:222218]
}

// htmlText has the same tags again and again.
func htmlText() string {
	r := random(4)
	var b strings.Builder
	for b.WriteString("<!DOCTYPE html>\n<table>\n"); b.Len() < 263527; {
		fmt.Fprintf(&b, "<tr class=\"row%d\"><td><a href=\"/%s/%d\">%s</a></td><td>%s</td></tr>\n",
			r.IntN(2), word(r), r.IntN(1e4), word(r), word(r))
	}
	return b.String()[:263527]
}

// pdf has long stretches that do not compress at all, and some text.
func pdf() string {
	const size = 1042328
	r := random(5)
	var b []byte
	for i := 0; len(b) < size; i++ {
		b = fmt.Appendf(b, "%d 0 obj\n<< /Length 4096 /Filter /FlateDecode >>\nstream\n", i)
		for range 4096 {
			b = append(b, byte(r.Uint32()))
		}
		b = append(b, "\nendstream\nendobj\n"...)
	}
	return string(b[:size])
}

// A cutter cuts messages from a corpus, one behind the other, round and round.
type cutter struct {
	data string
	at   int
}

func (c *cutter) next(n int) string {
	end := c.at + n
	part := c.data[c.at:min(end, len(c.data))]
	if c.at = end % len(c.data); len(part) < n {
		part += c.data[:n-len(part)]
	}
	return part
}
