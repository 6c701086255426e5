//go:build !linux

package main

import "errors"

func residentBytes() (int64, error) {
	return 0, errors.New("resident memory is measured on Linux only")
}

const canMeasureMemory = false
