package wsconn

import (
	"cmp"
	"time"
)

// Limits bound what one client can cost. A field that is zero has its default, and so has
// one that is negative, unless it says otherwise. Times are at most 20 days.
type Limits struct {
	// MaxHeaderBytes bounds the handshake request; a longer one is answered with
	// 431, as is one of more than 100 lines. It defaults to 8 KiB. Behind
	// ServeHTTP, net/http's own limit comes first.
	MaxHeaderBytes int

	// HandshakeTimeout bounds the time from being accepted to the 101. A request that is
	// not complete by then is answered with 408. A client
	// whose session took longer to read is answered with 503. It defaults to 5 s.
	HandshakeTimeout time.Duration

	// MaxHandshakes bounds how many clients the firewall is asked about at once.
	// More are answered with 503. It defaults to 1024.
	MaxHandshakes int

	// MaxPending bounds how many connections may be at their handshake, most of them
	// because they have not sent all of it. The next ones are answered with 503, and
	// beyond twice as many they are not answered. It defaults to 16384. Behind
	// ServeHTTP, it is net/http that has them.
	MaxPending int

	// MaxPerAddress bounds how many connections one IP address may have; of IPv6,
	// one network of 64 bits, as whoever has an address has those beside it, too.
	// More are answered with 429. By default there is no limit, because many people
	// may share an address; behind a proxy, all do.
	MaxPerAddress int

	// MaxMessageBytes bounds a message, over all of its fragments; a longer one
	// is answered with the close code 1009, as is one that is longer when it is
	// inflated. It defaults to 1 MiB.
	MaxMessageBytes int

	// MaxQueueBytes bounds what waits to be written to one client, where each
	// frame counts 64 bytes more than it has. A single message may be longer, if
	// nothing else waits. It defaults to 1 MiB.
	MaxQueueBytes int

	// Slow says what happens when a client is too slow to stay below MaxQueueBytes.
	// By default it is closed with 1013.
	Slow SlowPolicy

	// WriteTimeout bounds how long a client may take no bytes at all, while some
	// wait, before it is dropped. It defaults to 10 s.
	WriteTimeout time.Duration

	// CloseTimeout bounds how long the server waits for a client to answer a
	// close frame. It defaults to 5 s.
	CloseTimeout time.Duration

	// PingInterval is the silence after which a client is pinged. After another
	// one the client is dropped. It defaults to 30 s; a negative one turns it off.
	PingInterval time.Duration

	// IdleTimeout is for how long a client may send no message, even if it answers
	// pings, before it is closed with [StatusIdle]. By default it is for ever.
	IdleTimeout time.Duration

	// RecheckInterval is how often the sessions of connected clients are read
	// again, each once and many together; the reading is spread over half of it.
	// So what happens to a session is known here after one and a half of it at
	// the latest. What happens then is firewall.Options' to say: by default a
	// client whose session has ended is closed with 4401. It defaults to 30 s. With
	// a negative one no session is read again by itself; identities that expire
	// still end, within 30 s.
	RecheckInterval time.Duration
}

// A SlowPolicy says what happens to a message for a client whose queue is full. A
// writer who would rather wait calls [Conn.WriteWait].
type SlowPolicy uint8

const (
	CloseSlow  SlowPolicy = iota // close the client with 1013
	DropNewest                   // do not queue the message: Write returns ErrSlow
	DropOldest                   // make room by dropping those that have waited longest
)

// positive returns v, or what it defaults to.
func positive[T int | time.Duration](v, byDefault T) T {
	if v > 0 {
		return v
	}
	return byDefault
}

func (l Limits) withDefaults() Limits {
	l.MaxHeaderBytes = positive(l.MaxHeaderBytes, 8<<10)
	l.HandshakeTimeout = positive(l.HandshakeTimeout, 5*time.Second)
	l.MaxHandshakes = positive(l.MaxHandshakes, 1024)
	l.MaxPending = positive(l.MaxPending, 16384)
	l.MaxMessageBytes = positive(l.MaxMessageBytes, 1<<20)
	l.MaxQueueBytes = positive(l.MaxQueueBytes, 1<<20)
	l.WriteTimeout = positive(l.WriteTimeout, 10*time.Second)
	l.CloseTimeout = positive(l.CloseTimeout, 5*time.Second)
	l.PingInterval = cmp.Or(l.PingInterval, 30*time.Second)
	l.RecheckInterval = cmp.Or(l.RecheckInterval, defaultRecheck)
	return l
}

const (
	maxHeaderLines = 100
	defaultRecheck = 30 * time.Second
)
