//go:build unix && !linux

package filestore

import "testing"

// asNobody runs f. As root, the test fails.
func asNobody(t *testing.T, f func()) { f() }
