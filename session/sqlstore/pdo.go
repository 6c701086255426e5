package sqlstore

import "strings"

// readPDO reads what follows the colon of a data source name of PDO. Beside the
// names that PDO knows, it may have those of PdoSessionHandler's options, which
// PHP has in an array of its own.
func (p *place) readPDO(rest string) error {
	var pairs [][2]string
	var err error
	switch p.dialect {
	case SQLite:
		p.file = rest
		return nil
	case PostgreSQL:
		pairs, err = conninfo(rest)
	case MySQL:
		pairs, err = semicolons(rest)
	}
	if err != nil {
		return err
	}
	port := ""
	for _, pair := range pairs {
		name, value := pair[0], pair[1]
		switch name {
		case "host":
			p.host = value
		case "port":
			port = value
		case "dbname":
			p.database = value
		case "user":
			p.user = value
		case "password":
			p.password = value
		case "unix_socket":
			p.socket = value
		case "charset":
			p.charset = value
		case "connect_timeout", "application_name", "client_encoding":
		default:
			taken, err := p.option(name, value)
			if err != nil {
				return err
			}
			if !taken {
				return fault("has a parameter that is not known here; open the database yourself and use sqlstore.New")
			}
		}
	}
	switch {
	case p.host != "" && p.host != "localhost":
		p.socket = "" // PDO only takes it for localhost
	case p.socket != "":
		p.host, port = "", ""
	}
	return p.setHost(p.host, port)
}

// semicolons reads "name=value;name=value", where ";;" is a semicolon in a value:
// php_pdo_parse_data_source in php-src, ext/pdo/pdo.c.
func semicolons(s string) (pairs [][2]string, err error) {
	for s != "" {
		name, rest, ok := strings.Cut(strings.TrimLeft(s, " "), "=")
		if !ok {
			if strings.TrimSpace(s) == "" {
				break
			}
			return nil, fault("has a parameter without =")
		}
		var value strings.Builder
		for {
			part, after, more := strings.Cut(rest, ";")
			value.WriteString(part)
			rest = after
			if !more || !strings.HasPrefix(after, ";") {
				break
			}
			value.WriteByte(';')
			rest = after[1:]
		}
		pairs, s = append(pairs, [2]string{name, value.String()}), rest
	}
	return pairs, nil
}

// conninfo reads "name=value name='a value'": PostgreSQL manual, 34.1.1.1. PDO
// allows semicolons for the spaces.
func conninfo(s string) (pairs [][2]string, err error) {
	s = strings.ReplaceAll(s, ";", " ")
	for {
		if s = strings.TrimLeft(s, " "); s == "" {
			return pairs, nil
		}
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fault("has a parameter without =")
		}
		value, rest, ok := conninfoValue(strings.TrimLeft(rest, " "))
		if !ok {
			return nil, fault("has a value whose quote does not end")
		}
		pairs, s = append(pairs, [2]string{strings.TrimRight(name, " "), value}), rest
	}
}

// conninfoValue reads up to a space, or to the quote that ends what a quote
// begins.
func conninfoValue(s string) (value, rest string, ok bool) {
	end := byte(' ')
	if strings.HasPrefix(s, "'") {
		end, s = '\'', s[1:]
	}
	var b []byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == end:
			return string(b), s[i+1:], true
		case c == '\\' && i+1 < len(s):
			i++
			b = append(b, s[i])
		default:
			b = append(b, c)
		}
	}
	return string(b), "", end == ' '
}
