package php

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// maxKey bounds the name of a variable, as phpserialize bounds keys.
const maxKey = 4 << 10

// DecodePHP decodes a session of the handler php, which is PHP's default. Like
// PHP 8 it takes an exclamation mark for a part of the name.
func DecodePHP(data []byte) (map[string]any, error) {
	values := make(map[string]any)
	p := phpserialize.NewParser(data)
	for p.Offset() < len(data) {
		rest := data[p.Offset():]
		n := bytes.IndexByte(rest[:min(len(rest), maxKey+1)], '|')
		if n < 0 {
			return nil, fmt.Errorf(`php: handler php: at byte %d: want a name of at most 4 KiB and "|"`, p.Offset())
		}
		p.Skip(n + 1)
		if err := decodeValue(p, values, rest[:n], "php"); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// DecodeBinary decodes a session of the handler php_binary. Like PHP it ignores
// the highest bit of a length, which is never set.
func DecodeBinary(data []byte) (map[string]any, error) {
	values := make(map[string]any)
	p := phpserialize.NewParser(data)
	for p.Offset() < len(data) {
		rest := data[p.Offset()+1:]
		n := int(data[p.Offset()] & 0x7f)
		if n > len(rest) {
			return nil, fmt.Errorf("php: handler php_binary: at byte %d: want the length of a name", p.Offset())
		}
		p.Skip(1 + n)
		if err := decodeValue(p, values, rest[:n], "php_binary"); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func decodeValue(p *phpserialize.Parser, values map[string]any, name []byte, handler string) error {
	v, err := p.Value()
	if err != nil {
		return fmt.Errorf("php: handler %s: %w", handler, err)
	}
	values[string(name)] = v.Any()
	return nil
}

// DecodeSerialize decodes a session of the handler php_serialize. A variable
// whose name is an integer has its decimal form.
func DecodeSerialize(data []byte) (map[string]any, error) {
	if len(data) == 0 {
		return map[string]any{}, nil
	}
	top, err := phpserialize.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("php: handler php_serialize: %w", err)
	}
	if top.Kind() != phpserialize.Array {
		return nil, errors.New("php: handler php_serialize: the session is no array")
	}
	values := make(map[string]any, top.Len())
	for key, value := range top.All() {
		name, ok := key.Str()
		if !ok {
			i, _ := key.Int()
			name = strconv.FormatInt(i, 10)
		}
		values[name] = value.Any()
	}
	return values, nil
}

// DecodeIgbinary decodes a session of the handler igbinary, which the extension
// of this name brings.
func DecodeIgbinary(data []byte) (map[string]any, error) {
	if len(data) == 0 {
		return map[string]any{}, nil
	}
	return decodeIgbinary(data)
}
