package decorator

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// An envelope is put around values in caches of this process whose ttl is
// missing or too coarse:
//
//	version, 1 byte | time of expiry, 8 bytes, big endian | value
//
// The time counts nanoseconds on the monotonic clock of this process, so that
// setting the computer's clock neither kills nor revives a value. Caches that
// other processes read get no envelope: they would not share the clock.
const (
	envelopeVersion = 0xE1
	envelopeLen     = 1 + 8
)

var processStart = time.Now()

// appendEnvelope appends value in an envelope to b.
func appendEnvelope(b, value []byte, ttl time.Duration) []byte {
	b = append(b, envelopeVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(time.Since(processStart)+ttl))
	return append(b, value...)
}

// The caches that get envelopes copy what they are given, so the envelopes are
// used again; but not long ones, which are rare.
var envelopes = sync.Pool{New: func() any { return new([]byte) }}

const longEnvelope = 64 << 10

func reuseEnvelope(b *[]byte) {
	if cap(*b) <= longEnvelope {
		envelopes.Put(b)
	}
}

// openEnvelope returns the value in b, which it aliases.
func openEnvelope(b []byte) ([]byte, error) {
	if len(b) < envelopeLen || b[0] != envelopeVersion {
		return nil, fmt.Errorf("decorator: fetch: %w: no envelope", clientstorage.ErrCorrupt)
	}
	if uint64(time.Since(processStart)) >= binary.BigEndian.Uint64(b[1:]) {
		return nil, clientstorage.ErrNotFound
	}
	return b[envelopeLen:], nil
}
