package clientstorage

import (
	"fmt"
	"slices"

	"github.com/tinylib/msgp/msgp"
)

// A lease is what a node says of itself in the one key that it keeps alive.
//
//	lease = [version, pages, clients, anonymous]
type lease struct {
	// pages is a number that every page of the node with a client in it is
	// below.
	pages uint32
	count Count
}

const leaseFields = 3

func (l lease) append(b []byte) []byte {
	b = msgp.AppendArrayHeader(b, 1+leaseFields)
	b = msgp.AppendInt(b, formatVersion)
	b = msgp.AppendUint32(b, l.pages)
	b = msgp.AppendUint32(b, uint32(l.count.Clients))
	return msgp.AppendUint32(b, uint32(l.count.Anonymous))
}

func decodeLease(b []byte) (lease, error) {
	fields, b, err := readVersioned(b)
	if err != nil || fields < leaseFields {
		return lease{}, corrupt(err)
	}
	var numbers [leaseFields]uint32
	for i := range numbers {
		if numbers[i], b, err = msgp.ReadUint32Bytes(b); err != nil {
			return lease{}, corrupt(err)
		}
	}
	if numbers[0] > maxSlots/pageSlots || numbers[1] > maxSlots || numbers[2] > numbers[1] {
		return lease{}, fmt.Errorf("%w: a lease out of bounds", ErrCorrupt)
	}
	return lease{
		pages: numbers[0],
		count: Count{Clients: int(numbers[1]), Anonymous: int(numbers[2])},
	}, nil
}

// maxNodes bounds the list of nodes, and with it what a reader does because of
// a hostile cache.
const maxNodes = 4096

// The list of nodes is the only key that several nodes write. A node that finds
// itself missing adds itself again, so an update that is lost is made up for by
// the next heartbeat.
//
//	nodes = [version, node...]
func appendNodes(b []byte, nodes []NodeID) []byte {
	b = msgp.AppendArrayHeader(b, uint32(1+len(nodes)))
	b = msgp.AppendInt(b, formatVersion)
	for _, n := range nodes {
		b = msgp.AppendUint64(b, uint64(n))
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
		var n uint64
		if n, b, err = msgp.ReadUint64Bytes(b); err != nil {
			return nil, corrupt(err)
		}
		nodes = append(nodes, NodeID(n))
	}
	slices.Sort(nodes)
	return slices.Compact(nodes), nil
}
