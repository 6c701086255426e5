package phpserialize

import (
	"errors"
	"fmt"
	"math"
)

// ErrSyntax says that the input is not in the format.
var ErrSyntax = errors.New("phpserialize: malformed")

// ErrLimit says that the input is longer, deeper, or has more values or longer
// names than are read.
var ErrLimit = errors.New("phpserialize: over a limit")

const (
	maxInput  = 4 << 20 // bytes
	maxDepth  = 128     // containers within one another; Symfony's tokens have less than 12
	maxValues = 200_000
	maxName   = 4 << 10 // bytes of a key or a class
)

// A Parser reads values that follow one another in one input and may refer to
// one another, as the variables of a session do.
type Parser struct {
	doc    *document
	pos    int
	end    int // of the input, or of the payload that is tried
	depth  int
	values int // all that were read, also those that were taken back

	// slots are the nodes that references count, in their order.
	slots []int32
	// trusted is how many slots there were before the first payload that could
	// not be read. Behind it nobody but its class knows how to count.
	trusted int
	refers  bool // there was a reference
	checked int  // up to this node no container has a key twice

	failed failure
}

// A failure is why and where parsing ended.
type failure struct {
	sentinel error
	pos      int
	want     string
}

// Parse returns the value that is the whole of data.
func Parse(data []byte) (Value, error) {
	p := newParser(data)
	v, err := p.Value()
	if err != nil {
		return Value{}, err
	}
	if p.pos != p.end {
		p.want("the end of the input")
		return Value{}, p.err()
	}
	return v, nil
}

// NewParser returns a parser of data that stands at its beginning.
func NewParser(data []byte) *Parser {
	p := newParser(data)
	return &p
}

func newParser(data []byte) Parser {
	p := Parser{doc: &document{data: data}, end: len(data), trusted: math.MaxInt}
	if len(data) > maxInput {
		p.limit("at most 4 MiB")
		return p
	}
	// What real sessions and tokens need; more is taken as it is found.
	p.doc.nodes = make([]node, 0, len(data)/16+8)
	p.slots = make([]int32, 0, len(data)/32+8)
	return p
}

// Value reads the value at the offset and moves behind it. The values of one
// parser may be used concurrently once the last one is read. After an error
// there is no further value.
func (p *Parser) Value() (Value, error) {
	if p.failed.sentinel != nil {
		return Value{}, p.err()
	}
	at := len(p.doc.nodes)
	if !p.value() || !p.unambiguous() {
		return Value{}, p.err()
	}
	return p.doc.value(at), nil
}

// Offset returns how many bytes of the input have been read.
func (p *Parser) Offset() int { return p.pos }

// Skip moves n bytes on, over what is between two values. It panics if there are
// not as many.
func (p *Parser) Skip(n int) {
	if n < 0 || n > p.end-p.pos {
		panic("phpserialize: Skip goes beyond the input")
	}
	p.pos += n
}

// want notes what was expected at the offset, and returns false.
func (p *Parser) want(what string) bool {
	p.failed = failure{ErrSyntax, p.pos, what}
	return false
}

// limit notes which limit was hit at the offset, and returns false.
func (p *Parser) limit(what string) bool {
	p.failed = failure{ErrLimit, p.pos, what}
	return false
}

func (p *Parser) err() error {
	return fmt.Errorf("%w: at byte %d: want %s", p.failed.sentinel, p.failed.pos, p.failed.want)
}
