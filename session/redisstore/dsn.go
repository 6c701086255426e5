package redisstore

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

func init() { session.Register(open, "redis", "rediss", "valkey", "valkeys") }

func open(dsn string) (session.Store, error) {
	c, err := parse(dsn)
	if err != nil {
		return nil, fmt.Errorf("redisstore: the data source name: %w", err)
	}
	return &Store{client: c.client(), prefix: c.prefix, own: true, quiet: quiet}, nil
}

// A config is what a data source name says.
type config struct {
	addrs        []string // "host:port", or the path of a socket
	db           int
	auth         credentials
	sentinel     string // the name of the master
	sentinelAuth credentials
	cluster      bool
	prefix       string
	dialTimeout  time.Duration // 0: not said
	readTimeout  time.Duration
	tls          *tls.Config
}

type credentials struct{ user, password string }

// A parser makes a config of a data source name.
type parser struct {
	config
	settings
	user  credentials
	hasDB bool
}

// parse reads what Symfony's SessionHandlerFactory takes for Redis, in the way
// of Symfony\Component\Cache\Traits\RedisTrait::createConnection. Where its
// versions differ, the newest counts. No error quotes a value: it may be a
// password, or a part of one that is not encoded.
func parse(dsn string) (*config, error) {
	scheme, rest, ok := strings.Cut(dsn, ":")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "redis" && scheme != "rediss" && scheme != "valkey" && scheme != "valkeys" {
		return nil, errors.New("it does not begin with redis:, rediss:, valkey: or valkeys: as it should")
	}
	whole, authority := strings.CutPrefix(rest, "//")
	user, rest := userinfo(whole)
	raw := strings.TrimSuffix(whole, rest) // the user, as it is written
	rest, _, _ = strings.Cut(rest, "#")
	place, query, _ := strings.Cut(rest, "?")
	if strings.Contains(place, "@") {
		return nil, errors.New(`it has a second "@": in a password, write %40 for it`)
	}
	p := parser{config: config{prefix: defaultPrefix}, user: user}
	if scheme == "rediss" || scheme == "valkeys" {
		p.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if err := p.settings.read(query); err != nil {
		return nil, err
	}
	if err := p.apply(); err != nil {
		return nil, err
	}
	if err := p.place(place, authority); err != nil {
		return nil, err
	}
	p.addrs = append(p.addrs, p.hosts...)
	if _, ok := p.plain["prefix"]; ok {
		if err := prefixCounts(raw, place, authority); err != nil {
			return nil, err
		}
	}
	return &p.config, p.check()
}

// userinfo cuts off "user:password@" or "password@": all that is before the
// first "@", as with Symfony's regular expression.
func userinfo(s string) (user credentials, rest string) {
	before, rest, ok := strings.Cut(s, "@")
	if !ok {
		return credentials{}, s
	}
	name, password, ok := strings.Cut(before, ":")
	if !ok {
		return credentials{password: decode(before, false)}, rest
	}
	if name = decode(name, false); name == "default" {
		name = ""
	}
	return credentials{name, decode(password, false)}, rest
}

// place reads "host:port/database" or "/path/of/socket/database". With an
// authority, what is before the first slash is a host.
func (p *parser) place(place string, authority bool) error {
	host, path := "", place
	if authority {
		host, _, _ = strings.Cut(place, "/")
		path = place[len(host):]
	}
	if place == "" && !authority {
		return nil // there may be a list of hosts
	}
	if i := strings.LastIndexByte(path, '/'); i >= 0 && strings.Trim(path[i+1:], "0123456789") == "" {
		if digits := path[i+1:]; digits != "" {
			if err := p.database(digits); err != nil {
				return err
			}
		}
		path = path[:i]
	} else if host != "" && path != "" {
		return errors.New("what follows the host must be the number of a database, as in redis://localhost/3")
	}
	switch {
	case host != "":
		return p.host(host)
	case strings.HasPrefix(path, "/"):
		p.addrs = []string{path}
	case path != "": // as in redis:localhost
		return p.host(path)
	default:
		return errNoHost
	}
	return nil
}

var errNoHost = errors.New("it has no host: it looks like redis://localhost:6379, or redis:?host[one:6379]&host[two:6379]")

// host adds a host with or without a port.
func (p *parser) host(s string) error {
	name, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		name, port = s[:i], s[i+1:]
	}
	if port == "" {
		port = defaultPort
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]") // of an IPv6 address
	if name == "" || strings.Contains(name, "/") || !isPort(port) {
		return errors.New("its host is not of the form name or name:6379; if that is a part of the password, write %3A in it for a colon, %2F for a slash and %3F for a question mark")
	}
	p.addrs = []string{net.JoinHostPort(name, port)}
	return nil
}

const defaultPort = "6379"

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// database sets the number of the database, which may be given twice.
func (p *parser) database(digits string) error {
	n, err := strconv.ParseUint(digits, 10, 31)
	switch {
	case err != nil:
		return errors.New("the database is not a number")
	case p.hasDB && p.db != int(n):
		return errors.New("it gives two databases, in its path and as dbindex")
	}
	p.db, p.hasDB = int(n), true
	return nil
}

// check looks for what does not go together.
func (p *parser) check() error {
	sockets := slices.ContainsFunc(p.addrs, func(addr string) bool { return strings.HasPrefix(addr, "/") })
	class := strings.ToLower(strings.TrimPrefix(p.plain["class"], `\`))
	var none credentials
	switch {
	case len(p.addrs) == 0:
		return errNoHost
	case p.sentinel == "" && p.user != none && p.user != p.auth:
		return errors.New("it gives two passwords, before the host and as auth, of which it depends on Symfony's version which one counts")
	case p.cluster && p.sentinel != "":
		return errors.New("a cluster has no Sentinels: give either redis_cluster or redis_sentinel")
	case sockets && (p.cluster || p.sentinel != ""):
		return errors.New("the nodes of a cluster, and Sentinels, have hosts and no sockets")
	case strings.Contains(class, "cluster") && !p.cluster:
		return errors.New("its class is one for clusters: add redis_cluster=1")
	case p.several() && class != "" && class != "redisarray":
		return errors.New("it has several hosts, and a class other than phpredis' RedisArray, which is the only one whose way to spread sessions over hosts is known here")
	}
	return nil
}

// prefixCounts returns an error if Symfony does not heed the prefix. It looks for
// it with PHP's parse_url, which cannot read all that createConnection can.
func prefixCounts(user, place string, authority bool) error {
	switch {
	case authority && strings.HasPrefix(place, "/"):
		return errors.New("its prefix is one that Symfony does not heed in redis:///path, where it keeps its sessions under " + defaultPrefix + ": leave it out, or write redis:/path for the website too")
	case strings.ContainsAny(user, "/?#"):
		return errors.New("its prefix is one that Symfony may not heed, because of what is in the password: write %2F for a slash, %3F for a question mark and %23 for #, for the website too")
	}
	return nil
}
