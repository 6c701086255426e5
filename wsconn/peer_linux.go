package wsconn

import "syscall"

// setPeer notes the address of the other end of a bare socket, in a quarter of the
// memory that a net.Addr takes. The zone of a link-local address is not kept.
func (c *Conn) setPeer(sa syscall.Sockaddr) {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		c.port = uint16(sa.Port)
		c.ip = [16]byte{10: 0xff, 11: 0xff, 12: sa.Addr[0], sa.Addr[1], sa.Addr[2], sa.Addr[3]}
	case *syscall.SockaddrInet6:
		c.port, c.ip = uint16(sa.Port), sa.Addr
	}
}
