package conformance

import (
	"strings"
	"unicode/utf8"
)

// A sequence is a text of the tests that Markus Kuhn wrote for UTF-8 decoders, and
// whether it is valid.
type sequence struct {
	bytes string
	valid bool
}

type sequenceGroup struct {
	about     string
	sequences []sequence
}

// utf8Sequences are the groups of the suite, in its order.
func utf8Sequences() []sequenceGroup {
	all := []sequenceGroup{
		group("some valid sequences", true, "hello\x24world", "hello\u00a2world", "hello\u20acworld", "hello\U00024b62world", greek),
		prefixes(),
		group("first of a length", true, "\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"),
		group("first of the lengths 5 and 6", false, "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"),
		group("last of a length", true, "\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"),
		group("last of the lengths 4 to 6", false, "\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"),
		group("other boundaries", true, "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf"),
		group("unexpected continuation bytes", false, "\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf",
			"\x80\xbf\x80\xbf\x80", "\x80\xbf\x80\xbf\x80\xbf", span(0x80, 0xbf, "")),
		group("lonely start bytes", false, span(0xc0, 0xdf, " "), span(0xe0, 0xef, " "), span(0xf0, 0xf7, " "),
			span(0xf8, 0xfb, " "), span(0xfc, 0xfd, " ")),
		group("the last continuation byte is missing", false, incomplete...),
		group("incomplete sequences, one behind the other", false, strings.Join(incomplete, "")),
		group("impossible bytes", false, "\xfe", "\xff", "\xfe\xfe\xff\xff"),
		group("overlong ASCII", false, "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"),
		group("maximum overlong", false, "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"),
		group("overlong NUL", false, "\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"),
		group("single surrogates", false, "\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"),
		group("paired surrogates", false, "\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
			"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf"),
		nonCharacters(),
		group("specials", true, "\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"),
	}
	all[6].sequences = append(all[6].sequences, sequence{"\xf4\x90\x80\x80", false})
	return all
}

func group(about string, valid bool, texts ...string) sequenceGroup {
	g := sequenceGroup{about: about}
	for _, t := range texts {
		g.sequences = append(g.sequences, sequence{t, valid})
	}
	return g
}

// prefixes are those of a text with code points of two and three bytes.
func prefixes() sequenceGroup {
	g := sequenceGroup{about: "prefixes of a valid text"}
	for i := range len(greek) {
		g.sequences = append(g.sequences, sequence{greek[:i+1], utf8.ValidString(greek[:i+1])})
	}
	return g
}

// span has the bytes from first up to, but not with, end, each followed by sep.
func span(first, end byte, sep string) string {
	var b strings.Builder
	for c := first; c < end; c++ {
		b.WriteByte(c)
		b.WriteString(sep)
	}
	return b.String()
}

var incomplete = []string{"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
	"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf"}

// nonCharacters are the last two code points of each plane, which UTF-8 may have.
func nonCharacters() sequenceGroup {
	g := sequenceGroup{about: "non-characters"}
	for plane := rune(0); plane <= 0x10; plane++ {
		for _, c := range []rune{0xfffe, 0xffff} {
			g.sequences = append(g.sequences, sequence{string(plane<<16 + c), true})
		}
	}
	return g
}
