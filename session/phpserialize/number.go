package phpserialize

import (
	"math"
	"strconv"
)

// digits reads a decimal number up to most, and multiplies no more digits than
// fit into it.
func (p *Parser) digits(most uint64, what string) (uint64, bool) {
	start, n := p.pos, uint64(0)
	for ; p.pos < p.end && isDigit(p.doc.data[p.pos]); p.pos++ {
		digit := uint64(p.doc.data[p.pos] - '0')
		if n > (most-digit)/10 {
			return 0, p.want(what + " within the range")
		}
		n = 10*n + digit
	}
	if p.pos == start {
		return 0, p.want(what)
	}
	return n, true
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// length reads a number of bytes or elements, or a slot.
func (p *Parser) length() (int, bool) {
	n, ok := p.digits(math.MaxInt32, "a length")
	return int(n), ok
}

// sign reads a sign, if there is one, and reports whether it is a minus.
func (p *Parser) sign() (minus bool) {
	if p.pos < p.end && (p.doc.data[p.pos] == '-' || p.doc.data[p.pos] == '+') {
		minus = p.doc.data[p.pos] == '-'
		p.pos++
	}
	return minus
}

// signed reads an integer.
func (p *Parser) signed() (int64, bool) {
	if p.sign() {
		n, ok := p.digits(1<<63, "an integer")
		return -int64(n), ok
	}
	n, ok := p.digits(math.MaxInt64, "an integer")
	return int64(n), ok
}

// number reads a floating-point number, such as 1, -0.5, .5, 5., 1.0E+25, INF,
// -INF or NAN. One that is too great is infinite, as in PHP.
func (p *Parser) number() (float64, bool) {
	start := p.pos
	minus := p.sign()
	switch rest := p.doc.data[p.pos:p.end]; {
	case len(rest) >= 3 && string(rest[:3]) == "INF" && (minus || p.pos == start):
		p.pos += 3
		if minus {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	case len(rest) >= 3 && string(rest[:3]) == "NAN" && p.pos == start:
		p.pos += 3
		return math.NaN(), true
	}
	p.skipDecimal()
	f, err := strconv.ParseFloat(string(p.doc.data[start:p.pos]), 64)
	if err != nil && !math.IsInf(f, 0) {
		p.pos = start
		return 0, p.want("a number")
	}
	return f, true
}

// skipDecimal skips what may be digits, a point, and an exponent. There may be
// no digits; strconv notices that.
func (p *Parser) skipDecimal() {
	p.skipDigits()
	if p.pos < p.end && p.doc.data[p.pos] == '.' {
		p.pos++
		p.skipDigits()
	}
	if p.pos < p.end && p.doc.data[p.pos]|0x20 == 'e' {
		p.pos++
		p.sign()
		p.skipDigits()
	}
}

func (p *Parser) skipDigits() {
	for p.pos < p.end && isDigit(p.doc.data[p.pos]) {
		p.pos++
	}
}

// canonical returns the integer that PHP makes of a string key, if it does: that
// which it would write with these very digits.
func canonical[T []byte | string](key T) (int64, bool) {
	digits := key
	if len(key) > 1 && key[0] == '-' {
		digits = key[1:]
	}
	if len(digits) == 0 || !isDigit(digits[0]) || digits[0] == '0' && len(key) > 1 || len(key) > 20 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(key), 10, 64)
	return n, err == nil
}
