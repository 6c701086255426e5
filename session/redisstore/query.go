package redisstore

import (
	"iter"
	"strings"
)

// A parameter of a query, as PHP's parse_str reads it: name[key]=value.
type parameter struct {
	name, value string
	key         string
	indexed     bool // it has a key, which may be empty
}

// parameters reads a query in its order. Of a name that is given twice PHP takes
// the last one.
func parameters(query string) iter.Seq[parameter] {
	return func(yield func(parameter) bool) {
		for pair := range strings.SplitSeq(query, "&") {
			if pair == "" {
				continue
			}
			name, value, _ := strings.Cut(pair, "=")
			p := parameter{name: decode(name, true), value: decode(value, true)}
			if open, close := strings.IndexByte(p.name, '['), strings.IndexByte(p.name, ']'); open > 0 && close > open {
				p.name, p.key, p.indexed = p.name[:open], p.name[open+1:close], true
			}
			if !yield(p) {
				return
			}
		}
	}
}

// decode does as PHP's urldecode, or as its rawurldecode if plus is false: what
// is not "%" and two hexadecimal digits stays as it is.
func decode(s string, plus bool) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+' && plus:
			b = append(b, ' ')
		case s[i] == '%' && i+2 < len(s) && hex(s[i+1]) >= 0 && hex(s[i+2]) >= 0:
			b = append(b, byte(hex(s[i+1])<<4|hex(s[i+2])))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

// hex returns the value of a hexadecimal digit, or -1.
func hex(c byte) int {
	if 'A' <= c && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}
