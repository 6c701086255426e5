package php

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session/phpserialize"
)

func TestIgbinaryMalformed(t *testing.T) {
	for name, input := range map[string]string{
		"nothing":                   "",
		"a header only":             "00000002",
		"version 1":                 "000000011400",
		"a scalar":                  "000000020601",
		"an object":                 "00000002170873746443 6c6173731400",
		"a string id":               "000000020e00",
		"a reference":               "000000020100",
		"bytes after the end":       "00000002140000",
		"a count beyond the end":    "0000000216ffffffff",
		"a count too many":          "0000000214020600060106",
		"a key without a value":     "0000000214010600",
		"a key that is null":        "00000002140100",
		"a key that is a float":     "0000000214010c3ff800000000000006",
		"an unknown tag":            "000000021401060030",
		"a string beyond the end":   "00000002140106001105616161",
		"a huge string":             "000000021401060013ffffffff61",
		"a string that is not yet":  "0000000214010600 0e00",
		"a reference to nothing":    "0000000214010600 0105",
		"a reference to itself":     "00000002140106002501 01",
		"a reference twice":         "000000021401060025250601",
		"an int out of range":       "0000000214010600 208000000000000000",
		"an int below the range":    "0000000214010600 218000000000000001",
		"an object of no class":     "0000000214010600 170014 00",
		"an object without content": "0000000214010600 170161",
		"an object of a string":     "0000000214010600 1701611101 61",
		"a class that is no name":   "0000000214010600 17022e2e1400",
		"an enum without a case":    "0000000214010600 17016127",
		"an enum of an int":         "0000000214010600 170161270600",
		"a payload beyond the end":  "0000000214010600 1701611dff61",
	} {
		data, err := hex.DecodeString(strings.ReplaceAll(input, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if values, err := decodeIgbinary(data); !errors.Is(err, errIgbinary) {
			t.Errorf("%s: %v, %v", name, values, err)
		}
	}
}

func TestIgbinaryLimits(t *testing.T) {
	nested := func(depth int) []byte {
		return append(append([]byte(igbinaryHeader), bytes.Repeat([]byte("\x14\x01\x06\x00"), depth)...), 0)
	}
	if _, err := decodeIgbinary(nested(127)); err != nil {
		t.Errorf("127 arrays within one another: %v", err)
	}
	for _, depth := range []int{130, 100_000} {
		if _, err := fromIgbinary(nested(depth)); err == nil {
			t.Errorf("%d arrays within one another are read", depth)
		}
	}
	// Each array holds the one before twice: 2^40 values to who walks through.
	bomb := []byte(igbinaryHeader + "\x14\x29\x06\x00\x14\x01\x06\x00\x05")
	for i := range byte(40) {
		bomb = append(bomb, 0x06, i+1, 0x14, 2, 0x06, 0, 0x01, i+1, 0x06, 1, 0x01, i+1)
	}
	values, err := decodeIgbinary(bomb)
	if err != nil || len(values) != 41 {
		t.Errorf("shared arrays: %d values, %v", len(values), err)
	}
	if v, ok := lookup(values, "40", "0", "1", "0"); !ok || v.(phpserialize.Value).Len() != 2 {
		t.Errorf("within shared arrays: %v, %v", v, ok)
	}
}

// A string that is written once and used 4096 times may be a value, but as a name
// it would have to be repeated.
func TestIgbinaryRepeated(t *testing.T) {
	repeated := func(text, element string) []byte {
		data := fmt.Appendf(nil, "%s\x15\x10\x01\x06\x00\x12%c%c%s", igbinaryHeader, len(text)>>8, len(text)&0x7f, text)
		for i := 1; i <= 0x1000; i++ {
			data = append(append(data, 0x08, byte(i>>8), byte(i)), element...)
		}
		return data
	}
	const name, value = "\x14\x01\x0e\x00\x00", "\x14\x01\x06\x00\x0e\x00"
	for _, length := range []int{0x0b7f, 0x037f} { // these make 12 MB and 3.7 MB
		long := strings.Repeat("n", length)
		if text, err := fromIgbinary(repeated(long, name)); !errors.Is(err, errIgbinary) {
			t.Errorf("a name of %d bytes that is repeated 4096 times makes %d bytes", length, len(text))
		}
		values, err := decodeIgbinary(repeated(long, value))
		if err != nil {
			t.Fatalf("a string of %d bytes that is repeated 4096 times: %v", length, err)
		}
		if v, _ := lookup(values, "4096", "0"); v != long {
			t.Error("a string that is repeated is not itself")
		}
	}
	if values, err := decodeIgbinary(repeated("short", name)); err != nil || len(values) != 0x1001 {
		t.Errorf("a short name that is repeated 4096 times: %d values, %v", len(values), err)
	}
}

// What an object wrote itself is not read, and does not disturb what follows.
func TestIgbinarySerializable(t *testing.T) {
	data, _ := hex.DecodeString("00000002" + "1403" + "0600" + "1701611d03" + "693a31" + "0601" + "14010600" + "110162" + "0602" + "0102")
	values, err := decodeIgbinary(data)
	if err != nil {
		t.Fatal(err)
	}
	if o := values["0"].(phpserialize.Value); o.Class() != "a" || o.Len() != 0 {
		t.Errorf("the object is %s with %d properties", o.Class(), o.Len())
	}
	if v, _ := lookup(values, "2", "0"); v != "b" {
		t.Errorf("what is shared after it is %v", v)
	}
}

func FuzzIgbinary(f *testing.F) {
	for _, seed := range []string{
		"1400", "1402060006010601110178", "1402060a14010c3ff80000000000000601250101", "14010600170161140111016205",
		"140206002514010600050601250101", "140111026d652514010e00250101", "14020600170153271101410601" + "2201",
		"14020600" + "1120" + strings.Repeat("41", 32) + "06010e00", "14010600" + "1701611d0161", "1402060014000601" + "0101",
	} {
		data, err := hex.DecodeString("00000002" + seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := fromIgbinary(data)
		if len(text) > igbinaryGrowth*len(data)+len(data) || cap(text) > 2*(igbinaryGrowth+1)*len(data)+64 {
			t.Fatalf("%d bytes become %d", len(data), len(text))
		}
		values, decodeErr := decodeIgbinary(data)
		if err != nil && decodeErr == nil {
			t.Fatal(err)
		}
		if decodeErr != nil {
			if !errors.Is(decodeErr, errIgbinary) {
				t.Fatal(decodeErr)
			}
			return
		}
		budget := 10_000
		for _, value := range values {
			walk(value, &budget)
		}
	})
}

// walk looks at everything, but not for ever.
func walk(value any, budget *int) {
	v, ok := value.(phpserialize.Value)
	if *budget--; !ok || *budget < 0 {
		return
	}
	_, _ = v.Class(), v.Case()
	for key, value := range v.All() {
		if name, ok := key.Str(); ok {
			v.Get(name)
		}
		walk(value.Any(), budget)
	}
}
