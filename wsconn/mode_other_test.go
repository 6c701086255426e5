//go:build !linux

package wsconn_test

import "syscall"

func holdLittle(_, _ string, _ syscall.RawConn) error { return nil }
