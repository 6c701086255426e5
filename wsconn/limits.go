package wsconn

import (
	"cmp"
	"time"
)

// Limits bound what one client can cost. A field that is zero has its default.
type Limits struct {
	// MaxHeaderBytes bounds the handshake request; a longer one is answered with
	// 431, as is one of more than 100 lines. It defaults to 8 KiB. Behind
	// ServeHTTP, net/http's own limit comes first.
	MaxHeaderBytes int

	// HandshakeTimeout bounds the time from the first byte to the 101. A client
	// whose session took longer to read is answered with 503. It defaults to 5 s.
	HandshakeTimeout time.Duration

	// MaxHandshakes bounds how many clients the firewall is asked about at once.
	// More are answered with 503. It defaults to 1024.
	MaxHandshakes int

	// MaxMessageBytes bounds a message, over all of its fragments; a longer one
	// is answered with the close code 1009. It defaults to 1 MiB.
	MaxMessageBytes int

	// MaxQueueBytes bounds what waits to be written to one client, where each
	// frame counts 64 bytes more than it has. A client that is too slow to stay
	// below it is closed with 1013. A single message may be longer, if nothing
	// else waits. It defaults to 1 MiB.
	MaxQueueBytes int

	// WriteTimeout bounds how long a client may take no bytes at all, while some
	// wait, before it is dropped. It defaults to 10 s.
	WriteTimeout time.Duration

	// CloseTimeout bounds how long the server waits for a client to answer a
	// close frame. It defaults to 5 s.
	CloseTimeout time.Duration

	// PingInterval is the silence after which a client is pinged. After another
	// one the client is dropped. It defaults to 30 s; a negative one turns it off.
	PingInterval time.Duration

	// RecheckInterval is how often the sessions of connected clients are read
	// again, each once and many together; the reading is spread over half of it.
	// So what happens to a session is known here after one and a half of it at
	// the latest. What happens then is firewall.Options' to say: by default a
	// client whose session has ended is closed with 4401. It defaults to 30 s. With
	// a negative one no session is read again by itself; identities that expire
	// still end, within 30 s.
	RecheckInterval time.Duration
}

func (l Limits) withDefaults() Limits {
	l.MaxHeaderBytes = cmp.Or(l.MaxHeaderBytes, 8<<10)
	l.HandshakeTimeout = cmp.Or(l.HandshakeTimeout, 5*time.Second)
	l.MaxHandshakes = cmp.Or(l.MaxHandshakes, 1024)
	l.MaxMessageBytes = cmp.Or(l.MaxMessageBytes, 1<<20)
	l.MaxQueueBytes = cmp.Or(l.MaxQueueBytes, 1<<20)
	l.WriteTimeout = cmp.Or(l.WriteTimeout, 10*time.Second)
	l.CloseTimeout = cmp.Or(l.CloseTimeout, 5*time.Second)
	l.PingInterval = cmp.Or(l.PingInterval, 30*time.Second)
	l.RecheckInterval = cmp.Or(l.RecheckInterval, defaultRecheck)
	return l
}

const (
	maxHeaderLines = 100
	defaultRecheck = 30 * time.Second
)
