package phpserialize

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// differences are the inputs that PHP takes and that are refused here, and why.
// Everything else must be taken or refused alike.
var differences = []struct {
	reason  string
	want    string // of the error
	example string
	at      string // what stands at the byte where the error is; "" for anything
}{
	{"bytes after the value are the sign of a broken or forged session; PHP 8.3 warns of them",
		"the end of the input", "i:1;garbage", ""},
	{"PHP takes the greatest integer instead, which nobody wrote",
		"an integer within the range", "i:9223372036854775808;", ""},
	{"a length wraps around in PHP, so that this is a string of one byte",
		"a length within the range", `s:18446744073709551617:"a";`, ""},
	{"PHP 5 and later do not write escaped strings",
		"a value", `S:3:"a\62c";`, "S:"},
	{"the same, as a key",
		"a key", `a:1:{S:1:"a";N;}`, "S:"},
	{"a sign before a number of properties is in no grammar; PHP takes it by accident",
		"a length", `O:3:"Foo":+0:{}`, "+"},
	{"the same, without any number",
		"a length", `O:3:"Foo"::{}`, ":{"},
	{"the same, negative zero",
		"a length", `C:3:"Foo":-0:{}`, "-"},
	{"a reference leads to another value after the key it stands under is overwritten; PHP writes no key twice",
		"no key twice where there are references", `a:3:{i:0;i:5;i:0;i:6;i:1;R:2;}`, ""},
	{"128 values within one another are enough; PHP allows 4096, which it does not count in payloads",
		"at most 128 values within one another", strings.Repeat("a:1:{i:0;", 129) + "N;" + strings.Repeat("}", 129), ""},
	{"a session has no key of more than 4 KiB",
		"a key of at most 4 KiB", `a:1:{s:4097:"` + strings.Repeat("k", 4097) + `";N;}`, ""},
	{"nor has a website a class of more than 4 KiB",
		"a class of at most 4 KiB", `O:4097:"` + strings.Repeat("k", 4097) + `":0:{}`, ""},
}

// deliberate reports whether a difference explains why data was refused.
func deliberate(data []byte, err error) bool {
	text := err.Error()
	for _, d := range differences {
		if !strings.HasSuffix(text, ": want "+d.want) {
			continue
		}
		var offset int
		_, after, _ := strings.Cut(text, "at byte ")
		fmt.Sscan(strings.TrimSuffix(strings.Fields(after)[0], ":"), &offset)
		if strings.HasPrefix(string(data[offset:]), d.at) {
			return true
		}
	}
	return false
}

func TestDifferences(t *testing.T) {
	for _, d := range differences {
		_, err := Parse([]byte(d.example))
		if !errors.Is(err, ErrSyntax) && !errors.Is(err, ErrLimit) || !deliberate([]byte(d.example), err) {
			t.Errorf("%.40q: %v; want %s", d.example, err, d.want)
		}
	}
	php := startPHP(t)
	for _, d := range differences {
		if _, ok := php.unserialize(t, []byte(d.example)); !ok {
			t.Errorf("PHP refuses %.40q too: it is no difference", d.example)
		}
	}
}
