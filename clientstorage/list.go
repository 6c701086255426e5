package clientstorage

import (
	"fmt"
	"iter"
	"slices"

	"github.com/tinylib/msgp/msgp"
)

// appendList encodes the users of one list, and reports whether there are any.
//
//	list = [version, user...]
//	user = [name, anonymous, [page...]]
//
// where the pages are those that have clients of the user, in ascending order.
func (t *table) appendList(b []byte, level uint8, bucket uint32) ([]byte, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var headRoom [2 * mostUsers]uint32
	heads := headRoom[:0]
	t.usersOf(level, bucket, func(n uint32, _ *slot) { heads = append(heads, n) })
	b = msgp.AppendArrayHeader(b, uint32(1+len(heads)))
	b = msgp.AppendInt(b, formatVersion)
	var room [16]uint32
	for _, n := range heads {
		c := t.slotAt(n).client.Load()
		b = msgp.AppendArrayHeader(b, userFields)
		b = msgp.AppendString(b, c.User)
		b = msgp.AppendBool(b, c.Anonymous)
		pages := t.pagesOf(room[:0], n)
		b = msgp.AppendArrayHeader(b, uint32(len(pages)))
		for _, page := range pages {
			b = msgp.AppendUint32(b, page)
		}
	}
	return b, len(heads) > 0
}

const userFields = 3

// pagesOf appends the pages that have clients of the user whose first slot is
// head.
func (t *table) pagesOf(pages []uint32, head uint32) []uint32 {
	for n := head; ; {
		if page := n / pageSlots; len(pages) == 0 || pages[len(pages)-1] != page {
			pages = append(pages, page)
		}
		if n = t.slotAt(n).next; n == head {
			break
		}
	}
	slices.Sort(pages)
	return slices.Compact(pages)
}

// A listed user is one of a list.
type listed struct {
	name      []byte // in the bytes of the list
	anonymous bool
	pages     []byte // undecoded
}

// decodeList reads the users of a list, until the loop ends or an error comes,
// which is the last.
func decodeList(b []byte) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		count, b, err := readVersioned(b)
		if err != nil {
			yield(listed{}, err)
			return
		}
		for range count {
			var u listed
			u, b, err = readListed(b)
			if !yield(u, err) || err != nil {
				return
			}
		}
	}
}

func readListed(b []byte) (u listed, rest []byte, err error) {
	fields, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil || fields < userFields {
		return u, nil, corrupt(err)
	}
	if u.name, b, err = msgp.ReadStringZC(b); err != nil {
		return u, nil, corrupt(err)
	}
	if len(u.name) == 0 || len(u.name) > maxNameLen {
		return u, nil, fmt.Errorf("%w: a user out of bounds", ErrCorrupt)
	}
	if u.anonymous, b, err = msgp.ReadBoolBytes(b); err != nil {
		return u, nil, corrupt(err)
	}
	u.pages = b
	for range fields - userFields + 1 {
		if b, err = msgp.Skip(b); err != nil {
			return u, nil, corrupt(err)
		}
	}
	return u, b, nil
}

// decodePages returns the pages of a listed user.
func (u listed) decodePages() ([]uint32, error) {
	count, b, err := msgp.ReadArrayHeaderBytes(u.pages)
	if err != nil || count == 0 {
		return nil, corrupt(err)
	}
	pages := make([]uint32, 0, min(count, uint32(len(b))))
	for range count {
		var page uint32
		if page, b, err = msgp.ReadUint32Bytes(b); err != nil {
			return nil, corrupt(err)
		}
		if page >= maxSlots/pageSlots || len(pages) > 0 && page <= pages[len(pages)-1] {
			return nil, fmt.Errorf("%w: pages out of order", ErrCorrupt)
		}
		pages = append(pages, page)
	}
	return pages, nil
}
