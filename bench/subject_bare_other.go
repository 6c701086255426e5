//go:build !linux

package main

// bareLoop is the name of a subject that only Linux has.
const bareLoop = "bare loop"
