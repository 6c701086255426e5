package redisstore

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are the parameters of a data source name.
type settings struct {
	plain map[string]string
	auths []string
	ssl   map[string]string
	hosts []string
}

// known are the parameters that count here. The others are of PHP's connections.
var (
	known   = []string{"prefix", "dbindex", "timeout", "read_timeout", "cluster", "redis_cluster", "sentinel", "redis_sentinel", "sentinel_master", "class"}
	ignored = []string{"ttl", "persistent", "persistent_id", "retry_interval", "tcp_keepalive", "lazy", "failover", "cluster_command_timeout"}
)

func (s *settings) read(query string) error {
	s.plain, s.ssl = make(map[string]string), make(map[string]string)
	for p := range parameters(query) {
		switch {
		case p.name == "host" && p.indexed:
			if err := s.listed(p.key); err != nil {
				return err
			}
		case p.name == "host":
			return errors.New("a list of hosts is written host[one:6379]&host[two:6379]")
		case p.name == "auth" && p.indexed:
			s.auths = append(s.auths, p.value)
		case p.name == "auth":
			s.auths = []string{p.value}
		case p.name == "ssl" && p.indexed:
			s.ssl[p.key] = p.value
		case !p.indexed && slices.Contains(known, p.name):
			s.plain[p.name] = p.value
		case !p.indexed && slices.Contains(ignored, p.name):
		default:
			return s.unknown(p.name)
		}
	}
	if len(s.auths) > 2 {
		return errors.New("auth has more than two values: it is auth=password, or auth[]=user&auth[]=password")
	}
	return nil
}

// unknown refuses a parameter: were a misspelt "prefix" ignored, every visitor
// would be anonymous. It quotes the name, unless that may be what follows an "&"
// in a password.
func (s *settings) unknown(name string) error {
	list := "known are " + strings.Join(known, ", ") + ", host[...], auth and ssl[...]"
	if s.auths != nil || len(name) > 30 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return errors.New("it has a parameter that is unknown or misspelt; " + list + "; in a password, write %26 for &")
	}
	return fmt.Errorf("its parameter %q is unknown or misspelt; %s", name, list)
}

// listed adds a host of the list: "host", "host:port", or "/path/of/socket:".
func (s *settings) listed(entry string) error {
	name, port, _ := cutLast(entry, ":")
	if strings.HasPrefix(name, "/") && port == "" {
		s.list(name)
		return nil
	}
	if !strings.Contains(entry, ":") {
		port = defaultPort
	}
	if name == "" || !isPort(port) {
		return errors.New("an entry of the list of hosts is none of host[name], host[name:6379] and host[/path/of/socket:]")
	}
	s.list(net.JoinHostPort(name, port))
	return nil
}

// list adds an address once.
func (s *settings) list(addr string) {
	if !slices.Contains(s.hosts, addr) {
		s.hosts = append(s.hosts, addr)
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// apply takes the settings over into the config.
func (p *parser) apply() (err error) {
	if prefix, ok := p.plain["prefix"]; ok {
		p.prefix = prefix
	}
	if db, ok := p.plain["dbindex"]; ok {
		if err := p.database(db); err != nil {
			return err
		}
	}
	p.sentinel = p.first("sentinel", "redis_sentinel", "sentinel_master")
	if p.cluster, err = boolean("redis_cluster", p.first("cluster", "redis_cluster")); err != nil {
		return err
	}
	if p.dialTimeout, err = seconds("timeout", p.plain["timeout"]); err != nil {
		return err
	}
	if p.readTimeout, err = seconds("read_timeout", p.plain["read_timeout"]); err != nil {
		return err
	}
	p.authenticate()
	return p.encrypt()
}

// authenticate sorts out the two places for a password. With Sentinels, the
// parameter is theirs.
func (p *parser) authenticate() {
	var auth, none credentials
	switch len(p.auths) {
	case 1:
		auth.password = p.auths[0]
	case 2:
		auth = credentials{p.auths[0], p.auths[1]}
	}
	p.auth = auth
	if p.sentinel != "" {
		p.sentinelAuth = auth
	}
	if p.user != none && (auth == none || p.sentinel != "") {
		p.auth = p.user
	}
}

func (s *settings) first(names ...string) string {
	for _, name := range names {
		if v, ok := s.plain[name]; ok {
			return v
		}
	}
	return ""
}

func boolean(name, s string) (bool, error) {
	switch strings.ToLower(s) {
	case "1", "true", "on", "yes":
		return true, nil
	case "", "0", "false", "off", "no":
		return false, nil
	}
	return false, errors.New(name + " is neither 1 nor 0")
}

// seconds reads a number of seconds with a fraction. To PHP, 0 is "for ever".
func seconds(name, s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	const day = 24 * 60 * 60
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= day) {
		return 0, errors.New(name + " is not a number of seconds")
	}
	return time.Duration(f * float64(time.Second)), nil
}
