package decorator

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// Compress returns a driver that compresses values with DEFLATE (RFC 1951). It
// makes the pages of a storage less than half as long, and costs each write some
// 18 microseconds and each read 8; docs/decorators.md has the figures. That pays
// where the cache's memory is dear, not for speed.
//
// A value of more than 4 MiB, or one that compression does not shorten, is kept
// as it is. What a cache returns is expanded to at most 4 MiB and to the length
// that was written with it; anything else is clientstorage.ErrCorrupt.
//
// Put Compress outside Seal: encrypted values cannot be compressed. The length
// of what is sealed then tells how much its parts have in common. Compress
// panics if d is nil.
func Compress(d clientstorage.Driver) clientstorage.Driver {
	need(d, "Compress")
	return &compressed{d}
}

type compressed struct{ inner clientstorage.Driver }

var (
	_ clientstorage.Driver        = (*compressed)(nil)
	_ clientstorage.ManyFetcher   = (*compressed)(nil)
	_ clientstorage.ManySaver     = (*compressed)(nil)
	_ clientstorage.ManyDeleter   = (*compressed)(nil)
	_ clientstorage.CorruptHearer = (*compressed)(nil)
)

// A value in the cache is
//
//	0x00 | the value, or
//	0x01 | its length, 4 bytes, big endian | DEFLATE stream
const (
	storedPlain    = 0x00
	storedDeflated = 0x01
	deflateHead    = 1 + 4
	maxExpanded    = 4 << 20
	// No DEFLATE stream expands further than this, so a longer length is a lie,
	// for which nothing need be allocated.
	maxDeflateRatio = 1032
)

var flateWriters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // fails for an unknown level only
	return w
}}

var flateReaders = sync.Pool{New: func() any { return flate.NewReader(nil) }}

func deflate(value []byte) []byte {
	if len(value) <= maxExpanded {
		b := bytes.NewBuffer(make([]byte, deflateHead, deflateHead+len(value)))
		w := flateWriters.Get().(*flate.Writer)
		defer flateWriters.Put(w)
		w.Reset(b)
		w.Write(value) // a bytes.Buffer does not fail
		w.Close()
		if b.Len() <= len(value) {
			out := b.Bytes()
			out[0] = storedDeflated
			binary.BigEndian.PutUint32(out[1:], uint32(len(value)))
			return out
		}
	}
	return append([]byte{storedPlain}, value...)
}

func inflate(b []byte) ([]byte, error) {
	switch {
	case len(b) > 0 && b[0] == storedPlain:
		return b[1:], nil
	case len(b) < deflateHead || b[0] != storedDeflated:
		return nil, errNotCompressed
	}
	length := int(binary.BigEndian.Uint32(b[1:]))
	b = b[deflateHead:]
	if length > maxExpanded || length > len(b)*maxDeflateRatio {
		return nil, errNotCompressed
	}
	r := flateReaders.Get().(io.ReadCloser)
	defer flateReaders.Put(r)
	source := bytes.NewReader(b)
	if err := r.(flate.Resetter).Reset(source, nil); err != nil {
		return nil, errNotCompressed
	}
	value := make([]byte, length)
	if _, err := io.ReadFull(r, value); err != nil {
		return nil, errNotCompressed
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF || source.Len() > 0 {
		return nil, errNotCompressed // there is more
	}
	return value, nil
}

var errNotCompressed = fmt.Errorf("decorator: expand: %w", clientstorage.ErrCorrupt)

func (c *compressed) Fetch(ctx context.Context, key string) ([]byte, error) {
	b, err := c.inner.Fetch(ctx, key)
	if err != nil {
		return nil, err
	}
	return inflate(b)
}

func (c *compressed) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return c.inner.Save(ctx, key, deflate(value), ttl)
}

func (c *compressed) Delete(ctx context.Context, key string) error {
	return c.inner.Delete(ctx, key)
}

func (c *compressed) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	values, err := clientstorage.FetchMany(ctx, c.inner, keys)
	if err != nil {
		return nil, err
	}
	for i, b := range values {
		if b == nil {
			continue
		}
		if values[i], err = inflate(b); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (c *compressed) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	shorter := make([]clientstorage.Item, len(items))
	for i, item := range items {
		item.Value = deflate(item.Value)
		shorter[i] = item
	}
	return clientstorage.SaveMany(ctx, c.inner, shorter)
}

func (c *compressed) DeleteMany(ctx context.Context, keys []string) error {
	return clientstorage.DeleteMany(ctx, c.inner, keys)
}

func (c *compressed) HearCorrupt(ctx context.Context, err error) {
	clientstorage.HearCorrupt(ctx, c.inner, err)
}
