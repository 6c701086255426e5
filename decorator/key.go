package decorator

import (
	"crypto/sha256"
	"encoding/base64"
)

// maxKeyLen leaves room below the 250 bytes that memcached allows.
const maxKeyLen = 200

// hashMark begins the keys that safeKey has hashed. A key that begins with it
// anyway is hashed too, so the two cannot be mistaken for each other.
const hashMark = '~'

// safeKey returns key, or a hash of it if some cache could not take it: if it is
// empty, long, or has bytes other than printable ASCII.
func safeKey(key string) string {
	if isSafe(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return string(hashMark) + base64.RawURLEncoding.EncodeToString(sum[:])
}

func isSafe(key string) bool {
	if key == "" || len(key) > maxKeyLen || key[0] == hashMark {
		return false
	}
	// Eight bytes at a time, as every key of every operation comes through here.
	for ; len(key) >= 8; key = key[8:] {
		x := uint64(key[0]) | uint64(key[1])<<8 | uint64(key[2])<<16 | uint64(key[3])<<24 |
			uint64(key[4])<<32 | uint64(key[5])<<40 | uint64(key[6])<<48 | uint64(key[7])<<56
		const ones, tops = 0x0101010101010101, 0x8080808080808080
		// The top bit of a byte of x shows what is beyond ASCII. For the others,
		// adding 1 sets it for DEL, and subtracting '!' from a byte with the bit
		// set clears it for what is below.
		if (x|(x+ones))&tops != 0 || ((x|tops)-ones*'!')&tops != tops {
			return false
		}
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}
