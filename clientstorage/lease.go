package clientstorage

import (
	"fmt"
	"slices"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// A lease is what a node says of itself in the one key that it keeps alive.
//
//	lease = [version, sequence, pages, level, clients, users, anonymous, ttl, lag, name]
type lease struct {
	sequence uint64 // one more with every renewal
	// pages is a number that every page of the node with a client in it is
	// below.
	pages uint32
	level uint8 // of its lists
	count Count
	ttl   time.Duration // of this key, in milliseconds
	// lag is how long the cache may be behind the node, in milliseconds.
	lag  time.Duration
	name string
}

const leaseFields = 9

const maxLag = 365 * 24 * time.Hour

func (l lease) append(b []byte) []byte {
	b = msgp.AppendArrayHeader(b, 1+leaseFields)
	b = msgp.AppendInt(b, formatVersion)
	for _, n := range [...]uint64{
		l.sequence, uint64(l.pages), uint64(l.level),
		uint64(l.count.Clients), uint64(l.count.Users), uint64(l.count.Anonymous),
		uint64(l.ttl.Milliseconds()), uint64((l.lag + time.Millisecond - 1).Milliseconds()),
	} {
		b = msgp.AppendUint64(b, n)
	}
	return msgp.AppendString(b, l.name)
}

func decodeLease(b []byte) (lease, error) {
	fields, b, err := readVersioned(b)
	if err != nil || fields < leaseFields {
		return lease{}, corrupt(err)
	}
	var n [leaseFields - 1]uint64
	for i := range n {
		if n[i], b, err = msgp.ReadUint64Bytes(b); err != nil {
			return lease{}, corrupt(err)
		}
	}
	name, _, err := msgp.ReadStringBytes(b)
	if err != nil {
		return lease{}, corrupt(err)
	}
	const day = uint64(24 * time.Hour / time.Millisecond)
	const longest = uint64(maxLag / time.Millisecond)
	if n[1] > maxSlots/pageSlots || n[2] > maxLevel || n[3] > maxSlots || n[4] > n[3] || n[5] > n[3] ||
		n[6] > day || n[7] > longest || len(name) > maxNameLen {
		return lease{}, fmt.Errorf("%w: a lease out of bounds", ErrCorrupt)
	}
	return lease{
		sequence: n[0],
		pages:    uint32(n[1]),
		level:    uint8(n[2]),
		count:    Count{Clients: int(n[3]), Users: int(n[4]), Anonymous: int(n[5])},
		ttl:      time.Duration(n[6]) * time.Millisecond,
		lag:      time.Duration(n[7]) * time.Millisecond,
		name:     name,
	}, nil
}

// The mark of a node tells it that its keys were not lost. Nobody else reads it.
//
//	mark = [version, number]
func appendMark(b []byte, number uint64) []byte {
	b = msgp.AppendArrayHeader(b, 2)
	b = msgp.AppendInt(b, formatVersion)
	return msgp.AppendUint64(b, number)
}

func markIn(f fetched) (number uint64, err error) {
	if f.err != nil {
		return 0, f.err
	}
	fields, b, err := readVersioned(f.bytes)
	if err != nil || fields < 1 {
		return 0, corrupt(err)
	}
	if number, _, err = msgp.ReadUint64Bytes(b); err != nil {
		return 0, corrupt(err)
	}
	return number, nil
}

// maxNodes bounds the list of nodes, and with it what a reader does because of
// a hostile cache.
const maxNodes = 4096

// The list of nodes is the only key that several nodes write. A node that finds
// itself missing adds itself again, so an update that is lost is made up for by
// the next heartbeat.
//
//	nodes = [version, node...]
//
// where a node is the 11 characters that it prints as.
func appendNodes(b []byte, nodes []NodeID) []byte {
	b = msgp.AppendArrayHeader(b, uint32(1+len(nodes)))
	b = msgp.AppendInt(b, formatVersion)
	for _, n := range nodes {
		b = msgp.AppendString(b, n.String())
	}
	return b
}

func decodeNodes(b []byte) ([]NodeID, error) {
	count, b, err := readVersioned(b)
	if err != nil {
		return nil, err
	}
	if count > maxNodes {
		return nil, fmt.Errorf("%w: a list of %d nodes", ErrCorrupt, count)
	}
	nodes := make([]NodeID, 0, min(count, uint32(len(b))))
	for range count {
		var text []byte
		if text, b, err = msgp.ReadStringZC(b); err != nil {
			return nil, corrupt(err)
		}
		id, ok := parseGroup(text)
		if !ok {
			return nil, fmt.Errorf("%w: a node out of bounds", ErrCorrupt)
		}
		nodes = append(nodes, NodeID(id))
	}
	slices.Sort(nodes)
	return slices.Compact(nodes), nil
}
