package php

import (
	"os"
	"testing"
)

func BenchmarkDecode(b *testing.B) {
	for handler := range handlers {
		data, err := os.ReadFile("testdata/serializer-" + handler + "/form.sess")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(handler, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestAllocations(t *testing.T) {
	data, err := os.ReadFile("testdata/serializer-php/form.sess")
	if err != nil {
		t.Fatal(err)
	}
	// The document with its nodes and slots, the map, and for each of two
	// variables its name and its value.
	if n := testing.AllocsPerRun(100, func() { Decode(data) }); n > 9 {
		t.Errorf("Decode allocates %v times", n)
	}
}
