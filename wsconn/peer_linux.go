package wsconn

import "syscall"

func peerOf(sa syscall.Sockaddr) (p peer) {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		p = peer{kind: 4, port: uint16(sa.Port)}
		copy(p.ip[12:], sa.Addr[:])
		p.ip[10], p.ip[11] = 0xff, 0xff
	case *syscall.SockaddrInet6:
		p = peer{kind: 6, port: uint16(sa.Port), ip: sa.Addr, zone: sa.ZoneId}
		if isMapped(sa.Addr) {
			p.kind = 4
		}
	}
	return p
}

func isMapped(ip [16]byte) bool {
	return [12]byte(ip[:12]) == [12]byte{10: 0xff, 11: 0xff}
}
