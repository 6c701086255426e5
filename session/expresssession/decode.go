package expresssession

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

var (
	errObject = errors.New("expresssession: the session is not a JSON object")
	errNumber = errors.New("expresssession: the session has a number that is out of range")
	errMany   = errors.New("expresssession: the session has more than 20,000 values")
)

// maxValues bounds a session beside its length, for the shortest values take
// sixty times their text in memory.
const maxValues = 20_000

// Decode returns the values of a session that is a JSON object. It is for
// [session.Options].Decode. A number is an int64 if it is an integer that fits,
// otherwise a float64; an object is a map[string]any and a list a []any.
//
// A session is not looked at for the time in cookie.expires, for there it is no
// news: while its user is active, connect-redis prolongs only the key.
func Decode(data []byte) (map[string]any, error) {
	if count(data) > maxValues {
		return nil, errMany
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // a float64 would round ids above 2^53
	var values map[string]any
	// The errors of encoding/json quote the input, hence others.
	if err := dec.Decode(&values); err != nil || values == nil {
		return nil, errObject
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errObject
	}
	if err := numbers(values); err != nil {
		return nil, err
	}
	return values, nil
}

// count returns about how many values a JSON text has: what commas part and
// brackets open, outside of strings.
func count(data []byte) (n int) {
	quoted := false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case b == '"':
			quoted = !quoted
		case b == '\\' && quoted:
			i++
		case !quoted && (b == ',' || b == '[' || b == '{'):
			n++
		}
	}
	return n
}

// numbers makes the numbers within a map or a slice Go's. Its depth is at most
// the 10,000 that encoding/json reads.
func numbers(of any) (err error) {
	switch of := of.(type) {
	case map[string]any:
		for key, value := range of {
			if of[key], err = number(value); err != nil {
				return err
			}
		}
	case []any:
		for i, value := range of {
			if of[i], err = number(value); err != nil {
				return err
			}
		}
	}
	return nil
}

func number(value any) (any, error) {
	n, ok := value.(json.Number)
	if !ok {
		return value, numbers(value)
	}
	if i, err := n.Int64(); err == nil {
		return i, nil
	}
	f, err := n.Float64()
	if err != nil {
		return nil, errNumber
	}
	return f, nil
}
