package clientstorage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// The values in the cache are MessagePack arrays that begin with a version.
// A reader takes the elements it knows and skips what is added behind them; a
// version that it does not know is refused.
const formatVersion = 1

// pageSlots is how many neighbouring slots share one key.
const pageSlots = 16

// ErrCorrupt says that a value in the cache is not what a node of this version
// writes. It is neither a client nor a miss.
var ErrCorrupt = errors.New("clientstorage: corrupt value in the cache")

// appendPage encodes the clients of page n, and reports whether there are any.
//
//	page   = [version, client...]
//	client = [slot, generation, user, anonymous, [role...], since, {name: value}]
//
// where since is in milliseconds since 1970, and the last are the attributes,
// in the order of their names. The node is in the key.
func (t *table) appendPage(b []byte, n uint32) ([]byte, bool) {
	var clients [pageSlots]*Client
	count := 0
	for i := range uint32(pageSlots) {
		if s := t.slotAt(n*pageSlots + i); s != nil {
			if c := s.client.Load(); c != nil {
				clients[count] = c
				count++
			}
		}
	}
	b = msgp.AppendArrayHeader(b, uint32(1+count))
	b = msgp.AppendInt(b, formatVersion)
	for _, c := range clients[:count] {
		b = appendClient(b, c)
	}
	return b, count > 0
}

const clientFields = 7

func appendClient(b []byte, c *Client) []byte {
	b = msgp.AppendArrayHeader(b, clientFields)
	b = msgp.AppendUint32(b, c.ID.slot)
	b = msgp.AppendUint32(b, c.ID.gen)
	b = msgp.AppendString(b, c.User)
	b = msgp.AppendBool(b, c.Anonymous)
	b = msgp.AppendArrayHeader(b, uint32(len(c.Roles)))
	for _, role := range c.Roles {
		b = msgp.AppendString(b, role)
	}
	b = msgp.AppendInt64(b, c.Since.UnixMilli())
	b = msgp.AppendMapHeader(b, uint32(len(c.Attributes)))
	if len(c.Attributes) == 0 {
		return b
	}
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		b = msgp.AppendString(b, name)
		b = msgp.AppendString(b, c.Attributes[name])
	}
	return b
}

// decodePage reads those clients of page n of a node that wanted accepts by slot
// and user. Whatever the bytes are, it allocates no more than a small multiple
// of their length.
func decodePage(b []byte, node NodeID, n uint32, wanted func(slot uint32, user []byte) bool) ([]*Client, error) {
	count, b, err := readVersioned(b)
	if err != nil {
		return nil, err
	}
	if count > pageSlots {
		return nil, fmt.Errorf("%w: a page of %d clients", ErrCorrupt, count)
	}
	var clients []*Client
	for range count {
		slot, user, err := peekClient(b)
		if err != nil {
			return nil, err
		}
		if slot/pageSlots != n {
			return nil, fmt.Errorf("%w: a client on the wrong page", ErrCorrupt)
		}
		if !wanted(slot, user) {
			if b, err = msgp.Skip(b); err != nil {
				return nil, corrupt(err)
			}
			continue
		}
		c := &Client{}
		if b, err = c.decode(b, node); err != nil {
			return nil, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// peekClient reads what tells whether a client is wanted.
func peekClient(b []byte) (slot uint32, user []byte, err error) {
	fields, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil || fields < clientFields {
		return 0, nil, corrupt(err)
	}
	if slot, b, err = msgp.ReadUint32Bytes(b); err != nil {
		return 0, nil, corrupt(err)
	}
	if _, b, err = msgp.ReadUint32Bytes(b); err != nil {
		return 0, nil, corrupt(err)
	}
	if user, _, err = msgp.ReadStringZC(b); err != nil {
		return 0, nil, corrupt(err)
	}
	return slot, user, nil
}

// readVersioned reads the head of a value and returns how many elements follow
// the version.
func readVersioned(b []byte) (count uint32, rest []byte, err error) {
	count, b, err = msgp.ReadArrayHeaderBytes(b)
	if err != nil || count == 0 {
		return 0, nil, corrupt(err)
	}
	version, b, err := msgp.ReadIntBytes(b)
	if err != nil {
		return 0, nil, corrupt(err)
	}
	if version != formatVersion {
		return 0, nil, fmt.Errorf("%w: format version %d, this program reads %d", ErrCorrupt, version, formatVersion)
	}
	return count - 1, b, nil
}

func (c *Client) decode(b []byte, node NodeID) (rest []byte, err error) {
	var since int64
	fields, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil || fields < clientFields {
		return nil, corrupt(err)
	}
	c.ID.node = node
	if c.ID.slot, b, err = msgp.ReadUint32Bytes(b); err != nil {
		return nil, corrupt(err)
	}
	if c.ID.gen, b, err = msgp.ReadUint32Bytes(b); err != nil {
		return nil, corrupt(err)
	}
	if c.User, b, err = msgp.ReadStringBytes(b); err != nil {
		return nil, corrupt(err)
	}
	if c.Anonymous, b, err = msgp.ReadBoolBytes(b); err != nil {
		return nil, corrupt(err)
	}
	if c.Roles, b, err = readRoles(b); err != nil {
		return nil, err
	}
	if since, b, err = msgp.ReadInt64Bytes(b); err != nil {
		return nil, corrupt(err)
	}
	c.Since = time.UnixMilli(since)
	if c.Attributes, b, err = readAttributes(b); err != nil {
		return nil, err
	}
	for range fields - clientFields {
		if b, err = msgp.Skip(b); err != nil {
			return nil, corrupt(err)
		}
	}
	if c.ID.gen == 0 || !c.valid() {
		return nil, fmt.Errorf("%w: a client out of bounds", ErrCorrupt)
	}
	return b, nil
}

func readRoles(b []byte) (roles []string, rest []byte, err error) {
	count, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil || count > maxRoles {
		return nil, nil, corrupt(err)
	}
	if count == 0 {
		return nil, b, nil
	}
	roles = make([]string, count)
	for i := range roles {
		if roles[i], b, err = msgp.ReadStringBytes(b); err != nil {
			return nil, nil, corrupt(err)
		}
	}
	return roles, b, nil
}

func readAttributes(b []byte) (attributes map[string]string, rest []byte, err error) {
	count, b, err := msgp.ReadMapHeaderBytes(b)
	if err != nil || count > maxAttributes {
		return nil, nil, corrupt(err)
	}
	if count == 0 {
		return nil, b, nil
	}
	attributes = make(map[string]string, count)
	for range count {
		var name, value string
		if name, b, err = msgp.ReadStringBytes(b); err != nil {
			return nil, nil, corrupt(err)
		}
		if value, b, err = msgp.ReadStringBytes(b); err != nil {
			return nil, nil, corrupt(err)
		}
		attributes[name] = value
	}
	return attributes, b, nil
}

// corrupt says that a value cannot be read. The cause is not wrapped, because
// msgp's errors may quote the value.
func corrupt(err error) error {
	if errors.Is(err, msgp.ErrShortBytes) {
		return fmt.Errorf("%w: cut short", ErrCorrupt)
	}
	return fmt.Errorf("%w: malformed", ErrCorrupt)
}
