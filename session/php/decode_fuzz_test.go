package php

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzDecode checks that nothing panics, and that what Decode recognises is what
// the handler's function decodes.
func FuzzDecode(f *testing.F) {
	for _, pattern := range []string{"testdata/edge/*.sess", "testdata/serializer-*/*.sess"} {
		for _, data := range glob(f, pattern) {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := Decode(data)
		if (values == nil) != (err != nil) {
			t.Fatalf("%v, %v", values, err)
		}
		same := err != nil || len(data) == 0
		for _, decode := range handlers {
			others, err := decode(data)
			same = same || err == nil && slices.Equal(keys(others), keys(values))
		}
		if _, err := DecodeIgbinary(data); !same && err != nil {
			t.Fatalf("Decode finds %q in what is of no handler", keys(values))
		}
		if len(values) > len(data) {
			t.Fatalf("%d values in %d bytes", len(values), len(data))
		}
		budget := 500
		for _, value := range values {
			walk(value, &budget)
		}
	})
}

func glob(tb testing.TB, pattern string) (contents [][]byte) {
	tb.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		tb.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		contents = append(contents, data)
	}
	return contents
}
