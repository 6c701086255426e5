package deflate

import "strings"

// A scanner reads a list of extensions (RFC 6455 section 9.1). At the first thing
// that does not belong there it turns bad, and then finds nothing more.
//
//	extensions = [ extension ] *( "," [ extension ] )
//	extension  = token *( ";" token [ "=" ( token | quoted-string ) ] )
//
// There may be spaces and tabs between any two of these.
type scanner struct {
	s   string // what is left
	bad bool
}

// more steps over the commas before an extension, and reports whether there is
// one.
func (s *scanner) more() bool {
	for s.next(',') {
	}
	return !s.bad && s.s != ""
}

// endOfExtension makes sure that an extension is the last, or a comma follows.
func (s *scanner) endOfExtension() {
	s.space()
	s.bad = s.bad || s.s != "" && s.s[0] != ','
}

// next steps over a character and the space before it, if it is what comes next,
// and reports whether it did.
func (s *scanner) next(c byte) bool {
	s.space()
	if s.bad || s.s == "" || s.s[0] != c {
		return false
	}
	s.s = s.s[1:]
	return true
}

func (s *scanner) space() { s.s = strings.TrimLeft(s.s, " \t") }

// parameter reads a parameter.
func (s *scanner) parameter() (name, value string, hasValue bool) {
	name = s.token()
	if !s.next('=') {
		return name, "", false
	}
	if s.next('"') {
		return name, s.quoted(), true
	}
	return name, s.token(), true
}

// token reads a token of at least one character.
func (s *scanner) token() string {
	s.space()
	n := 0
	for n < len(s.s) && isToken(s.s[n]) {
		n++
	}
	t := s.s[:n]
	s.s = s.s[n:]
	s.bad = s.bad || n == 0
	return t
}

// quoted reads the rest of a quoted string, which must stand for a token as well.
// Its backslashes are not taken out: a value that has one is none of those that
// Negotiate accepts.
func (s *scanner) quoted() string {
	for i := 0; i < len(s.s); i++ {
		if s.s[i] == '"' {
			value := s.s[:i]
			s.s = s.s[i+1:]
			s.bad = s.bad || value == ""
			return value
		}
		if s.s[i] == '\\' && i+1 < len(s.s) {
			i++
		}
		if !isToken(s.s[i]) {
			break
		}
	}
	s.bad = true
	return ""
}

// isToken reports whether a token may have a character (RFC 7230 section 3.2.6).
func isToken(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
