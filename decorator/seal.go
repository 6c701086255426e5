package decorator

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// Seal returns a driver that encrypts and authenticates every value with
// AES-256-GCM. The first of keys seals; all of them open, so that keys can be
// changed without a stop: first give every node the new key as the second, then
// as the first, and drop the old one when the nodes have written everything
// again. A key is 32 random bytes, for instance of crypto/rand; a password is
// none.
//
// A value opens only under the key, in the sense of Save, that it was sealed
// for, so values cannot be swapped in the cache. One that was cut, changed or
// moved, that was sealed with another key, or never sealed, is
// clientstorage.ErrCorrupt.
//
// Seal does not hide the keys of the cache, nor how long values are and when
// they change. Whoever can write to the cache can still delete a value, or bring
// back an older one of the same key.
//
// Nonces are random, so one key should seal no more than 2^32 values, on all
// nodes together: at 300 a second, take a new key twice a year.
//
// Seal panics if d is nil. It returns an error if there is no key, if one does
// not have 32 bytes, or if two are the same.
func Seal(d clientstorage.Driver, keys ...[]byte) (clientstorage.Driver, error) {
	need(d, "Seal")
	if len(keys) == 0 {
		return nil, errors.New("decorator: seal: no key")
	}
	s := &sealed{inner: d, byID: make(map[sealID]cipher.AEAD, len(keys))}
	for i, key := range keys {
		if len(key) != 32 {
			return nil, fmt.Errorf("decorator: seal: key %d has %d bytes, not 32", i+1, len(key))
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("decorator: seal: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("decorator: seal: %w", err)
		}
		id := sealIDOf(key)
		if s.byID[id] != nil {
			return nil, fmt.Errorf("decorator: seal: key %d is there twice", i+1)
		}
		s.byID[id] = aead
		if i == 0 {
			s.first = id
		}
	}
	return s, nil
}

type sealed struct {
	inner clientstorage.Driver
	first sealID
	byID  map[sealID]cipher.AEAD
}

var (
	_ clientstorage.Driver        = (*sealed)(nil)
	_ clientstorage.ManyFetcher   = (*sealed)(nil)
	_ clientstorage.ManySaver     = (*sealed)(nil)
	_ clientstorage.ManyDeleter   = (*sealed)(nil)
	_ clientstorage.CorruptHearer = (*sealed)(nil)
)

// A sealID tells which key a value was sealed with.
type sealID [4]byte

// sealIDOf derives the id from the key itself, so that nobody has to number
// keys. It tells nothing else about the key.
func sealIDOf(key []byte) sealID {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("rollcall seal key id"))
	return sealID(mac.Sum(nil))
}

// A sealed value is
//
//	version (1 byte), key id (4), nonce (12), ciphertext, tag (16)
//
// and what is authenticated with it is the version, the key id and the key of
// the cache.
const (
	sealVersion  = 1
	sealHead     = 1 + len(sealID{})
	sealOverhead = sealHead + 12 + 16
)

func (s *sealed) seal(key string, value []byte) []byte {
	b := make([]byte, 0, sealOverhead+len(value))
	b = append(append(b, sealVersion), s.first[:]...)
	return s.byID[s.first].Seal(b, nil, value, sealData(b, key))
}

func (s *sealed) open(key string, b []byte) ([]byte, error) {
	if len(b) < sealOverhead {
		return nil, fmt.Errorf("%w: too short to be sealed", clientstorage.ErrCorrupt)
	}
	if b[0] != sealVersion {
		return nil, fmt.Errorf("%w: not sealed, or by another version", clientstorage.ErrCorrupt)
	}
	aead := s.byID[sealID(b[1:sealHead])]
	if aead == nil {
		return nil, fmt.Errorf("%w: sealed with an unknown key", clientstorage.ErrCorrupt)
	}
	// An empty value must come back as one, not as nil.
	value := make([]byte, 0, len(b)-sealOverhead)
	value, err := aead.Open(value, nil, b[sealHead:], sealData(b[:sealHead], key))
	if err != nil {
		return nil, fmt.Errorf("%w: the seal is broken", clientstorage.ErrCorrupt)
	}
	return value, nil
}

func sealData(head []byte, key string) []byte {
	data := make([]byte, 0, len(head)+len(key))
	return append(append(data, head...), key...)
}

func (s *sealed) Fetch(ctx context.Context, key string) ([]byte, error) {
	b, err := s.inner.Fetch(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.open(key, b)
}

func (s *sealed) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return s.inner.Save(ctx, key, s.seal(key, value), ttl)
}

func (s *sealed) Delete(ctx context.Context, key string) error {
	return s.inner.Delete(ctx, key)
}

func (s *sealed) FetchMany(ctx context.Context, keys []string) ([][]byte, error) {
	values, err := clientstorage.FetchMany(ctx, s.inner, keys)
	if err != nil {
		return nil, err
	}
	for i, b := range values {
		if b == nil {
			continue
		}
		if values[i], err = s.open(keys[i], b); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (s *sealed) SaveMany(ctx context.Context, items []clientstorage.Item) error {
	closed := make([]clientstorage.Item, len(items))
	for i, item := range items {
		item.Value = s.seal(item.Key, item.Value)
		closed[i] = item
	}
	return clientstorage.SaveMany(ctx, s.inner, closed)
}

func (s *sealed) DeleteMany(ctx context.Context, keys []string) error {
	return clientstorage.DeleteMany(ctx, s.inner, keys)
}

func (s *sealed) HearCorrupt(ctx context.Context, err error) {
	clientstorage.HearCorrupt(ctx, s.inner, err)
}
