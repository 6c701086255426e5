package memcachedstore

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// fromDSN returns a store of the sessions that a website finds with dsn as its
// framework.session.handler_id, as Symfony's SessionHandlerFactory and
// MemcachedAdapter::createConnection understand it. It does not connect. An error
// quotes no password.
func fromDSN(dsn string) (*Store, error) {
	_, rest, _ := strings.Cut(dsn, ":")
	if user, after, ok := strings.Cut(rest, "@"); ok {
		if strings.TrimLeft(user, "/") != "" {
			return nil, errors.New("memcachedstore: the data source name has a user before the @: signing in (SASL) is not supported")
		}
		rest = user + after
	}
	rest, _, _ = strings.Cut(rest, "#")
	place, query, _ := strings.Cut(rest, "?")
	params, err := parseQuery(query)
	if err != nil {
		return nil, err
	}
	var servers []Server
	if place != "" {
		first, err := parsePlace(place)
		if err != nil {
			return nil, err
		}
		servers = append(servers, first)
	}
	servers = append(servers, params.hosts...)
	if len(servers) == 0 {
		return nil, errors.New(`memcachedstore: the data source name has no host: it looks like "memcached://localhost:11211"`)
	}
	if params.unknown != "" && len(servers) > 1 {
		return nil, fmt.Errorf("memcachedstore: with several servers the parameter %s has the website choose among them in a way that is not known here", params.unknown)
	}
	s := &Store{namespace: params.namespace, prefix: params.prefix}
	if strings.HasPrefix(place, "///") {
		s.prefix = symfonyPrefix // PHP's parse_url fails, and Symfony has no parameters
	}
	if err := s.connect(servers, params.distribution, nil); err != nil {
		return nil, err
	}
	return s, nil
}

var weightPath = regexp.MustCompile(`/(\d+)$`)

// parsePlace reads what comes before the question mark: "//host:port/weight",
// "///path/weight", "/path/weight" or "host".
func parsePlace(place string) (s Server, err error) {
	authority, hasAuthority := strings.CutPrefix(place, "//")
	host, path := "", place
	if hasAuthority {
		host, path = authority, ""
		if at := strings.IndexByte(authority, '/'); at >= 0 {
			host, path = authority[:at], authority[at:]
		}
		if host == "" && path == "" {
			return s, errors.New("memcachedstore: there is no host after the //")
		}
	}
	if m := weightPath.FindStringSubmatch(path); m != nil {
		if s.Weight, err = parseWeight(m[1]); err != nil {
			return s, err
		}
		path = strings.TrimSuffix(path, m[0])
	}
	switch {
	case host == "" && strings.HasPrefix(path, "/"):
		s.Addr = path
	case host == "" && strings.ContainsAny(path, ":/"):
		return s, errors.New(`memcachedstore: the host lacks // before it: write "memcached://host:11211"`)
	case host == "":
		s.Addr = net.JoinHostPort(path, strconv.Itoa(defaultPort))
	default:
		s.Addr = withPort(host)
	}
	return s, nil
}

// withPort adds the default port if there is none.
func withPort(host string) string {
	if strings.LastIndexByte(host, ':') > strings.LastIndexByte(host, ']') {
		return host
	}
	return host + ":" + strconv.Itoa(defaultPort)
}

// parseWeight reads the share of a server. PHP takes anything that is no number
// for 0, which is 1.
func parseWeight(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("memcachedstore: the weight %.20q of a server is not a number from 0 to 65535", s)
	}
	return int(n), nil
}

type params struct {
	namespace, prefix string
	distribution      Distribution
	hosts             []Server
	unknown           string // a parameter that changes which server is chosen
}

// parseQuery reads parameters as PHP's parse_str does.
func parseQuery(query string) (p params, err error) {
	p.prefix, p.distribution = symfonyPrefix, KetamaWeighted
	hosts := make(map[string]int) // where it is
	for pair := range strings.SplitSeq(query, "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return p, errors.New("memcachedstore: a percent sign in the data source name is not followed by two hexadecimal digits")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return p, errors.New("memcachedstore: a percent sign in the data source name is not followed by two hexadecimal digits")
		}
		host, isHost := strings.CutPrefix(name, "host[")
		host, _, closed := strings.Cut(host, "]")
		if !isHost || !closed {
			if err := p.set(name, value); err != nil {
				return p, err
			}
			continue
		}
		server, err := parseHost(host, value)
		if err != nil {
			return p, err
		}
		if at, again := hosts[host]; again {
			p.hosts[at] = server // PHP's arrays keep the place of a key
			continue
		}
		hosts[host] = len(p.hosts)
		p.hosts = append(p.hosts, server)
	}
	return p, nil
}

func parseHost(host, weight string) (s Server, err error) {
	if host == "" {
		return s, errors.New("memcachedstore: host[] lacks a host: write host[name:11211]=weight")
	}
	if s.Weight, err = parseWeight(weight); err != nil {
		return s, err
	}
	if s.Addr = host; s.network() == "tcp" {
		s.Addr = withPort(host)
	}
	return s, nil
}

// set sets a parameter other than host[...]. Symfony takes host and prefix as
// they are written, and the options of its client in capitals as well.
func (p *params) set(name, value string) error {
	switch name {
	case "host":
		return errors.New("memcachedstore: the parameter host is an array: write host[name:11211]=weight")
	case "prefix":
		p.prefix = value
		return nil
	}
	switch strings.ToLower(name) {
	case "prefix_key":
		p.namespace = value
	case "libketama_compatible":
		if p.distribution = KetamaWeighted; phpInt(value) == 0 {
			p.distribution = Modula
		}
	case "hash", "distribution", "libketama_hash":
		p.unknown = name
	case "hash_with_prefix_key", "sort_hosts", "auto_eject_hosts", "remove_failed_servers":
		if phpInt(value) != 0 {
			p.unknown = name
		}
	}
	return nil
}

// phpInt is PHP's (int) of a string: true is 0, for it begins with no digit.
func phpInt(s string) int {
	s = strings.TrimLeft(s, " \t\n\r\v\f")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n
}
