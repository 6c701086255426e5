// Package memcachedstore reads the sessions of a website that keeps them in
// memcached, with Symfony's MemcachedSessionHandler or PHP's own handler of
// php-memcached.
//
// It has [session.Open] take data source names as Symfony's
// framework.session.handler_id does:
//
//	memcached://host                             port 11211
//	memcached://host:11311?prefix=app            another port and prefix
//	memcached:///run/memcached.sock              a socket
//	memcached://one/2?host[two:11211]=1          two servers, with weights
//	memcached:?host[one]=2&host[two]=1           the same
//
// Of the parameters, host, prefix, prefix_key and libketama_compatible say where
// a session lies. Those that say so in a way that is not known here are an error;
// all others concern only the website, and are ignored. As in Symfony, the
// parameter weight does nothing, and with memcached:///path neither does prefix.
//
// With several servers, both sides must choose the same one for a session. See
// [Server].
//
// It speaks memcached's text protocol, only to read, and needs no client
// library. It cannot sign in (SASL), and reads no session that php-memcached
// has compressed by zstd.
package memcachedstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/rollcall-go/rollcall/session"
)

func init() {
	session.Register(fromDSN, "memcached")
}

// Options configure [New]. Nil means the defaults.
type Options struct {
	// Prefix begins every key. It defaults to "sf2s", as Symfony's does, and
	// with Native to "memc.sess.key.".
	Prefix string

	// Native says that PHP's own handler writes the sessions
	// (session.save_handler=memcached), not Symfony's.
	Native bool

	// Distribution says how the website chooses among several servers.
	Distribution Distribution

	// Dial connects to a server, for those who want TLS or reach the servers
	// under other addresses than the website does. It defaults to that of a
	// net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// A Store reads sessions from one or more servers. It may be used concurrently.
type Store struct {
	// The key of a session is namespace, prefix and id. As in libmemcached, the
	// namespace has no say in which server has the key.
	namespace, prefix string

	ring  ring
	pools []*pool
}

var _ session.Store = (*Store)(nil)

// New returns a store of the sessions on servers, of which there must be one at
// least. It does not connect.
func New(servers []Server, opts *Options) (*Store, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	s := &Store{prefix: cmp.Or(o.Prefix, symfonyPrefix)}
	d := cmp.Or(o.Distribution, KetamaWeighted)
	if o.Native {
		s.namespace, s.prefix = cmp.Or(o.Prefix, nativePrefix), ""
		d = cmp.Or(o.Distribution, Ketama)
	}
	if err := s.connect(servers, d, o.Dial); err != nil {
		return nil, err
	}
	return s, nil
}

const (
	symfonyPrefix = "sf2s"
	nativePrefix  = "memc.sess.key."
)

// connect prepares for the servers, and dials none.
func (s *Store) connect(servers []Server, d Distribution, dial func(context.Context, string, string) (net.Conn, error)) error {
	if len(servers) == 0 {
		return errors.New("memcachedstore: there is no server")
	}
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	for _, server := range servers {
		if err := server.check(); err != nil {
			return err
		}
		s.pools = append(s.pools, &pool{server: server, dial: dial})
	}
	s.ring = newRing(d, servers)
	return nil
}

// Fetch implements [session.Store]. It asks each server once, all of them at the
// same time. If one fails, its error is that of its own ids.
func (s *Store) Fetch(ctx context.Context, ids []string, max int) []session.Record {
	session.Note(ctx, func() string {
		return fmt.Sprintf("the keys in memcached begin with %q", s.namespace+s.prefix)
	})
	records := session.Fail(len(ids), session.ErrNotFound)
	batches := make([]batch, len(s.pools))
	for i, id := range ids {
		if key := s.namespace + s.prefix + id; validKey(key) {
			batches[s.ring.server(s.prefix+id)].add(key, i)
		}
	}
	var wg sync.WaitGroup
	for i := range batches {
		if len(batches[i].keys) > 0 {
			wg.Go(func() { batches[i].fetch(ctx, s.pools[i], max, records) })
		}
	}
	wg.Wait()
	return records
}

// Close closes the connections. What uses one at the moment ends undisturbed.
func (s *Store) Close() error {
	for _, p := range s.pools {
		p.close()
	}
	return nil
}

// validKey reports whether memcached can have the key: doc/protocol.txt, "Keys".
// What it cannot have is not there. With Cookie.Decode an id may be anything, and
// a space or a line feed would begin something else.
func validKey(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] == 0x7f {
			return false
		}
	}
	return len(key) <= 250
}

// A batch is what one server is asked for.
type batch struct {
	keys []string
	at   map[string][]int // whose records
}

func (b *batch) add(key string, i int) {
	if b.at == nil {
		b.at = make(map[string][]int)
	}
	if b.at[key] == nil {
		b.keys = append(b.keys, key)
	}
	b.at[key] = append(b.at[key], i)
}

// fetch fills the records of the batch.
func (b *batch) fetch(ctx context.Context, p *pool, max int, records []session.Record) {
	items := make(map[string]item, len(b.keys))
	err := p.get(ctx, b.keys, max, func(key string, it item) { items[key] = it })
	if err != nil {
		err = fmt.Errorf("memcachedstore: %s: %w", p.server.Addr, err)
	}
	for _, key := range b.keys {
		for n, i := range b.at[key] {
			if it, ok := items[key]; ok {
				records[i] = it.record(max, n > 0)
			} else if err != nil {
				records[i] = session.Record{Err: err}
			}
		}
	}
}

// record makes a record of an item, of a copy of its bytes if they are used
// already.
func (it item) record(max int, used bool) session.Record {
	if it.data == nil && it.size > 0 {
		return session.Record{Err: unreadable(fmt.Errorf("it has %d bytes, and at most %d are allowed", it.size, max))}
	}
	data, err := content(it, max)
	switch {
	case err != nil:
		return session.Record{Err: err}
	case len(data) == 0:
		return session.Record{Err: session.ErrNotFound} // to PHP it is none
	case used:
		data = append([]byte(nil), data...)
	}
	return session.Record{Data: data}
}
