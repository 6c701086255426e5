package wsconn

import "sync"

// linkBuffer is how much of a link is read at once.
const linkBuffer = 16 << 10

var linkBuffers linkPool

type linkPool struct{ pool sync.Pool }

func (p *linkPool) get() *[linkBuffer]byte {
	if b, ok := p.pool.Get().(*[linkBuffer]byte); ok {
		return b
	}
	return new([linkBuffer]byte)
}

func (p *linkPool) put(b *[linkBuffer]byte) { p.pool.Put(b) }

// scratch holds buffers for the time of a call.
var scratch buffers

type buffers struct{ pool sync.Pool }

func (p *buffers) get() *[]byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, smallFrame+16)
	return &b
}

func (p *buffers) put(b *[]byte) {
	if cap(*b) <= batchBytes+16 {
		p.pool.Put(b)
	}
}
