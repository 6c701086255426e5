package memcachedstore

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
)

// A Distribution is how the website's client chooses one of several servers for a
// key. Both sides must choose the same one, or one does not find what the other
// wrote.
type Distribution uint8

const (
	// DefaultDistribution is what the website has unless it says otherwise: with
	// Symfony KetamaWeighted, and with PHP's own handler Ketama.
	DefaultDistribution Distribution = iota
	// KetamaWeighted is that of a client with Memcached::OPT_LIBKETAMA_COMPATIBLE.
	KetamaWeighted
	// Ketama is that of memcached.sess_consistent_hash_type=ketama. It knows no
	// weights.
	Ketama
	// Modula is libmemcached's, if nothing else is set.
	Modula
)

// A ring says which of several servers has a key, as libmemcached does:
// src/libmemcached/hosts.cc, update_continuum, and hash.cc, dispatch_host.
type ring struct {
	servers int
	hash    func(key string) uint32
	points  []point // in the order of their values; without any, the rest of a division decides
}

// A point is where a server begins to be responsible, down to the point below.
type point struct {
	value  uint32
	server int
}

func newRing(d Distribution, servers []Server) ring {
	r := ring{servers: len(servers), hash: oneAtATime}
	switch d {
	case KetamaWeighted:
		r.hash = firstOfMD5
		r.weightedPoints(servers)
	case Ketama:
		r.plainPoints(servers)
	}
	slices.SortStableFunc(r.points, func(a, b point) int { return cmp.Compare(a.value, b.value) })
	return r
}

func (r *ring) plainPoints(servers []Server) {
	const each = 100 // MEMCACHED_POINTS_PER_SERVER
	for i, s := range servers {
		for n := range each {
			r.points = append(r.points, point{r.hash(fmt.Sprintf("%s-%d", s.ringName(), n)), i})
		}
	}
}

func (r *ring) weightedPoints(servers []Server) {
	const each = 160 // MEMCACHED_POINTS_PER_SERVER_KETAMA, four of each MD5 sum
	total := 0
	for _, s := range servers {
		total += s.weight()
	}
	for i, s := range servers {
		// In C these are floats, and the last number is a double.
		share := float32(s.weight()) / float32(total)
		product := share * each / 4 * float32(len(servers))
		sums := int(float32(float64(product) + 0.0000000001))
		for n := range sums {
			sum := md5.Sum(fmt.Appendf(nil, "%s-%d", s.ringName(), n))
			for at := 0; at < len(sum); at += 4 {
				r.points = append(r.points, point{binary.LittleEndian.Uint32(sum[at:]), i})
			}
		}
	}
}

// server returns the index of the server that has key.
func (r *ring) server(key string) int {
	if r.servers == 1 {
		return 0
	}
	hash := r.hash(key)
	if len(r.points) == 0 {
		return int(hash % uint32(r.servers))
	}
	at := sort.Search(len(r.points), func(i int) bool { return r.points[i].value >= hash })
	if at == len(r.points) {
		at = 0
	}
	return r.points[at].server
}

func firstOfMD5(key string) uint32 {
	sum := md5.Sum([]byte(key))
	return binary.LittleEndian.Uint32(sum[:])
}

// oneAtATime is Bob Jenkins's hash of this name, libmemcached's default.
func oneAtATime(key string) (h uint32) {
	for i := range len(key) {
		h += uint32(key[i])
		h += h << 10
		h ^= h >> 6
	}
	h += h << 3
	h ^= h >> 11
	h += h << 15
	return h
}
