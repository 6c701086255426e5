package redisstore_test

import (
	"io"
	"net"
)

// pipe connects a connection with an address until either side closes.
func pipe(conn net.Conn, addr string) {
	defer conn.Close()
	server, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		io.Copy(server, conn)
		server.Close()
	}()
	io.Copy(conn, server)
}
