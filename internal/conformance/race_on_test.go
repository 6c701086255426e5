//go:build race

package conformance_test

// raceDetector says that everything takes ten times as long.
const raceDetector = true
