package memcachedstore

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// A Server is one memcached. With several, their order, their weights and the
// very text of their addresses decide which of them has a session. They must be
// as in the website's configuration: localhost is not 127.0.0.1.
type Server struct {
	// Addr is "host:port", or the path of a socket, which begins with a slash.
	Addr string
	// Weight is the share of the sessions that the server has. Zero is 1.
	Weight int
}

const defaultPort = 11211

func (s Server) weight() int { return cmp.Or(s.Weight, 1) }

func (s Server) network() string {
	if strings.HasPrefix(s.Addr, "/") {
		return "unix"
	}
	return "tcp"
}

// ringName is what libmemcached calls the server in its hashes. A socket has the
// port 0 there.
func (s Server) ringName() string {
	if s.network() == "unix" {
		return s.Addr + ":0"
	}
	return strings.TrimSuffix(s.Addr, ":"+strconv.Itoa(defaultPort))
}

func (s Server) check() error {
	if s.Weight < 0 {
		return fmt.Errorf("memcachedstore: the weight %d of a server is negative", s.Weight)
	}
	if s.network() == "unix" {
		return nil
	}
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil || host == "" {
		return fmt.Errorf(`memcachedstore: the address %q is not of the form "host:11211" or "/path/to/socket"`, s.Addr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("memcachedstore: the port of the address %q is not a number from 1 to 65535", s.Addr)
	}
	return nil
}
