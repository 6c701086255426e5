package wsconn_test

import "syscall"

// holdLittle bounds the kernel's buffer; those that are accepted inherit it.
func holdLittle(_, _ string, c syscall.RawConn) error {
	var err error
	if failed := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, 64<<10)
	}); failed != nil {
		return failed
	}
	return err
}
