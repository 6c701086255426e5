package phpserialize

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// A php is a PHP process that is asked what unserialize() makes of an input.
type php struct {
	in  io.Writer
	out *bufio.Reader
}

func startPHP(tb testing.TB) *php {
	tb.Helper()
	const condition = `exit(PHP_VERSION_ID >= 80100 ? 0 : 1);`
	testserver.Try(tb, "php-cli", "php", "-n", "-r", condition)
	cmd := exec.Command("php", "-n", "testdata/unserialize.php")
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			tb.Errorf("php: %v", err)
		}
	})
	return &php{in, bufio.NewReader(out)}
}

// unserialize returns a description of what PHP reads, or false if it refuses
// data.
func (p *php) unserialize(tb testing.TB, data []byte) (description string, ok bool) {
	tb.Helper()
	if _, err := fmt.Fprintf(p.in, "%x\n", data); err != nil {
		tb.Fatal(err)
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		tb.Fatalf("php died of %q: %v", data, err)
	}
	description, ok = strings.CutPrefix(strings.TrimSuffix(line, "\n"), "+")
	return description, ok
}

// describe writes a value as describe() in testdata/unserialize.php does.
func describe(v Value, depth int, budget *int) string {
	if *budget--; *budget < 0 || depth > 6 {
		return "~"
	}
	switch v.Kind() {
	case Null:
		return "N"
	case Bool:
		if b, _ := v.Bool(); b {
			return "b1"
		}
		return "b0"
	case Int:
		i, _ := v.Int()
		return fmt.Sprintf("i%d", i)
	case Float:
		f, _ := v.Float()
		if math.IsNaN(f) {
			return "dNAN"
		}
		return fmt.Sprintf("d%016x", math.Float64bits(f))
	case String:
		s, _ := v.Str()
		return "s" + hex.EncodeToString([]byte(s))
	case Array:
		return "a" + describeElements(v, depth, budget)
	case Object:
		return fmt.Sprintf("O%x%s", v.Class(), describeElements(v, depth, budget))
	case Enum:
		return fmt.Sprintf("E%x", v.Class()+":"+v.Case())
	case Custom:
		nested, ok := v.Nested()
		switch {
		case !strings.EqualFold(v.Class(), "Ser"):
			return fmt.Sprintf("O%x{}", v.Class())
		case ok:
			return "C[" + describe(nested, depth+1, budget) + "]"
		}
	}
	return "?"
}

func describeElements(v Value, depth int, budget *int) string {
	// Of a key that is there twice, PHP has the first place and the last value.
	type element struct{ key, value Value }
	var elements []element
	place := map[any]int{}
	for key, value := range v.All() {
		at, ok := place[key.Any()]
		if !ok {
			place[key.Any()] = len(elements)
			elements = append(elements, element{key, value})
			continue
		}
		elements[at].value = value
	}
	var b strings.Builder
	b.WriteString("{")
	for _, e := range elements {
		b.WriteString(describe(e.key, depth, budget))
		b.WriteString(describe(e.value, depth+1, budget))
		if *budget < 0 {
			break
		}
	}
	b.WriteString("}")
	return b.String()
}
