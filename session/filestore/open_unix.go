//go:build unix

package filestore

import "syscall"

// openFlags make sure of what was found out about the file, should it have been
// replaced: that opening it neither follows a link nor waits for a pipe's other
// end.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
