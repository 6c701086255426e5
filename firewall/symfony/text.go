package symfony

import (
	"fmt"
	"unicode/utf8"
)

// text returns a copy of an identifier or a role, so that it does not keep the
// session's bytes.
func text(data []byte) (string, error) {
	if len(data) > maxText {
		return "", fmt.Errorf("%w: an identifier or a role has %d bytes, and at most %d are read", ErrLimit, len(data), maxText)
	}
	if !utf8.Valid(data) {
		return "", ErrEncoding
	}
	return string(data), nil
}
