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
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}
