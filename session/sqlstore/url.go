package sqlstore

import (
	"strconv"
	"strings"
)

// readURL reads what follows the "//" of a URL as PdoSessionHandler does
// (buildDsnFromUrl), which means as PHP's parse_url, rawurldecode and parse_str
// do: php-src, ext/standard/url.c. It takes nothing for itself that may have been
// meant for a part of a password.
func (p *place) readURL(rest string) error {
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, password, _ := strings.Cut(authority[:i], ":")
		p.user, p.password = decode(user), decode(password)
		authority = authority[i+1:]
	}
	if p.dialect != SQLite || authority != "" {
		if err := p.readHost(authority); err != nil {
			return err
		}
	}

	tail, fragment, _ := strings.Cut(tail, "#")
	path, query, _ := strings.Cut(tail, "?")
	if p.dialect != SQLite && strings.Contains(path+fragment, "@") {
		return errStray
	}
	if p.dialect == SQLite {
		p.file = strings.TrimPrefix(decode(path), "/")
		p.host, p.port = "", "" // means nothing
	} else {
		p.database = strings.TrimPrefix(decode(path), "/")
	}
	return p.readQuery(query)
}

// errStray stands for a password that ends the host early.
var errStray = fault("has an @ after the host: in a password, write / as %%2F, ? as %%3F and # as %%23")

func (p *place) readHost(authority string) error {
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		host, port = authority[:i], authority[i+1:]
	}
	if host == "" {
		return fault("has no host; with a unix socket, it is localhost and the parameter unix_socket for MySQL, and the folder, with its slashes written %%2F, for PostgreSQL")
	}
	return p.setHost(decode(host), port)
}

func (p *place) setHost(host, port string) error {
	if strings.HasPrefix(host, "[") {
		host = strings.TrimSuffix(host[1:], "]")
	}
	p.host = host
	if port == "" {
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return fault("has a port that is no number from 1 to 65535; or the password has a / ? # that must be written %%2F %%3F %%23")
	}
	p.port = strconv.FormatUint(n, 10)
	return nil
}

// readQuery reads the parameters. The last of a name counts. SessionHandlerFactory
// takes the options of the handler from the query as it is, and
// PdoSessionHandler the socket and charset from what is decoded already.
func (p *place) readQuery(query string) error {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name = strings.NewReplacer(".", "_", " ", "_").Replace(decodePlus(name))
		taken, err := p.option(name, decodePlus(value))
		if err != nil {
			return err
		}
		if !taken && p.dialect != SQLite && strings.Contains(pair, "@") {
			return errStray
		}
	}
	if p.dialect != MySQL {
		return nil
	}
	for pair := range strings.SplitSeq(decode(query), "&") {
		switch name, value, _ := strings.Cut(pair, "="); decodePlus(name) {
		case "unix_socket":
			p.socket = decodePlus(value)
		case "charset":
			p.charset = decodePlus(value)
		}
	}
	if p.socket != "" {
		p.host, p.port = "", ""
	}
	return nil
}

// decode is PHP's rawurldecode: what is no escape stays.
func decode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// decodePlus is PHP's urldecode.
func decodePlus(s string) string { return decode(strings.ReplaceAll(s, "+", " ")) }

// escape writes a string so that every reader of URLs gets it back: RFC 3986,
// section 2.3.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b = append(b, c)
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}
