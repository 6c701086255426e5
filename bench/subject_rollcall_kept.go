package main

import (
	"crypto/tls"
	"net"
)

const (
	rollcallKept = "rollcall kept"
	rollcallTLS  = "rollcall TLS"

	rollcallGoroutine = "rollcall goroutine"
)

func init() {
	addSockets(rollcallKept, func() socketServer { return rollcallOver{newRollcallServer(), keptListener} })
	addSockets(rollcallGoroutine, func() socketServer { return rollcallOver{newRollcallServer(), hidingListener} })
	addDialect(rollcallTLS, dialect{tls: true}, func() socketServer {
		secure := selfSigned()
		return rollcallOver{newRollcallServer(), func(l net.Listener) net.Listener { return tls.NewListener(l, secure) }}
	})
}

// A rollcallOver is the same server over a listener that is not a plain one, so
// that it cannot do without the net.Conn.
type rollcallOver struct {
	rollcallServer
	over func(net.Listener) net.Listener
}

func (s rollcallOver) serve(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return s.Serve(s.over(l))
}

func keptListener(l net.Listener) net.Listener { return strangeListener{l} }

// A strangeListener accepts connections of a type that nobody knows, as those do
// that count bytes or read a PROXY header.
type strangeListener struct{ net.Listener }

type strangeConn struct{ *net.TCPConn }

func (l strangeListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return strangeConn{conn.(*net.TCPConn)}, nil
}

// hidingListener accepts connections that have no descriptor for all that one can see,
// so each gets a goroutine, as all do on systems other than Linux.
func hidingListener(l net.Listener) net.Listener { return hiding{l} }

type hiding struct{ net.Listener }

type hidden struct{ net.Conn }

func (l hiding) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return hidden{conn}, nil
}
