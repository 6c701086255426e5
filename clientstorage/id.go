package clientstorage

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// A NodeID names one run of one storage. It is drawn at random when the storage
// is made, so two servers, or one server before and after a restart, never
// share a NodeID. It prints as 11 URL-safe characters.
type NodeID uint64

func newNodeID() NodeID {
	var b [8]byte
	for {
		rand.Read(b[:]) // never fails, see crypto/rand
		if id := NodeID(binary.BigEndian.Uint64(b[:])); id != 0 {
			return id
		}
	}
}

// String returns the 11 characters that every [ID] of this node begins with.
func (n NodeID) String() string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return idEncoding.EncodeToString(b[:])
}

// MarshalText implements [encoding.TextMarshaler], so that a NodeID is a string
// in JSON, which has no numbers of 64 bits.
func (n NodeID) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *NodeID) UnmarshalText(text []byte) error {
	id, ok := parseGroup(text)
	if !ok || id == 0 {
		return errors.New("clientstorage: malformed node id")
	}
	*n = NodeID(id)
	return nil
}

// An ID names one client for ever: it is never given to another client, on no
// node and after no restart. It is comparable and 16 bytes long. An ID is no
// secret and must not be used as one.
type ID struct {
	node NodeID
	slot uint32
	// gen counts the clients that the slot has held. The first has 1, so the
	// zero ID names nobody.
	gen uint32
}

// idEncoding is strict, so that one client has one spelling only.
var idEncoding = base64.RawURLEncoding.Strict()

// errBadID is not exported: to whoever asks, a malformed ID is an ID that names
// no client.
var errBadID = errors.New("clientstorage: malformed client id")

// idLen is the length of a printed ID: two groups of eight bytes. Each group is
// encoded by itself, which makes the node a prefix of the text.
const idLen = 2 * groupLen

const groupLen = 11

// ParseID reads what [ID.String] wrote.
func ParseID(s string) (ID, error) {
	if len(s) != idLen {
		return ID{}, errBadID
	}
	node, ok1 := parseGroup([]byte(s[:groupLen]))
	client, ok2 := parseGroup([]byte(s[groupLen:]))
	id := ID{node: NodeID(node), slot: uint32(client >> 32), gen: uint32(client)}
	if !ok1 || !ok2 || id.node == 0 || id.gen == 0 {
		return ID{}, errBadID
	}
	return id, nil
}

// parseGroup reads eight bytes that were printed.
func parseGroup(text []byte) (n uint64, ok bool) {
	var b [9]byte
	if len(text) != groupLen {
		return 0, false
	}
	if n, err := idEncoding.Decode(b[:], text); err != nil || n != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(b[:8]), true
}

// Node returns the node that the client is attached to.
func (id ID) Node() NodeID { return id.node }

// Slot returns the place of the client among those of its node. Slots are small
// numbers, the lowest free one comes first, and they are given again: for a table
// of one's own beside the storage, whose entries must be checked against the ID.
func (id ID) Slot() uint32 { return id.slot }

// IsZero reports whether id names nobody.
func (id ID) IsZero() bool { return id == ID{} }

// String returns id as 22 URL-safe characters, of which the first 11 are the
// node's.
func (id ID) String() string {
	text, _ := id.AppendText(make([]byte, 0, idLen))
	return string(text)
}

// AppendText implements [encoding.TextAppender]. It never fails.
func (id ID) AppendText(b []byte) ([]byte, error) {
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], uint64(id.node))
	b = idEncoding.AppendEncode(b, raw[:])
	binary.BigEndian.PutUint32(raw[:4], id.slot)
	binary.BigEndian.PutUint32(raw[4:], id.gen)
	return idEncoding.AppendEncode(b, raw[:]), nil
}

// MarshalText implements [encoding.TextMarshaler], so that an ID is a string in
// JSON.
func (id ID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}
