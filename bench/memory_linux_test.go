package main

import (
	"runtime"
	"testing"
)

func TestResidentBytes(t *testing.T) {
	before, err := residentBytes()
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	memory := make([]byte, size)
	for i := 0; i < size; i += 1 << 10 {
		memory[i] = 1
	}
	after, err := residentBytes()
	if err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(memory)
	// The race detector keeps twice as much beside it.
	if grown := after - before; grown < size*9/10 || grown > 4*size {
		t.Errorf("%d bytes more are there after %d were written", grown, size)
	}
}
