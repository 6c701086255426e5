//go:build !unix

package filestore

// openFlags are none where there are no such flags.
const openFlags = 0
