package wsconn

import (
	"testing"
	"unsafe"
)

// Most of what an idle client costs here is this, and the allocator rounds it up to 96
// bytes or to 112.
func TestSizeOfConn(t *testing.T) {
	if size := unsafe.Sizeof(Conn{}); unsafe.Sizeof(uintptr(0)) == 8 && size > 96 {
		t.Errorf("a Conn has %d bytes, and may have 96", size)
	}
}
