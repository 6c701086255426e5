package memcachedstore

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rollcall-go/rollcall/session"
)

// A fake is a server that serves each connection as it is told.
type fake struct {
	addr        string
	connections atomic.Int32
}

func newFake(t *testing.T, serve func(c net.Conn, r *bufio.Reader)) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{addr: l.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.connections.Add(1)
			wg.Go(func() {
				defer c.Close()
				serve(c, bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return f
}

// answering serves the same answer to every command.
func answering(t *testing.T, answer string) *Store {
	t.Helper()
	f := newFake(t, func(c net.Conn, r *bufio.Reader) {
		for {
			if _, err := r.ReadString('\n'); err != nil {
				return
			}
			if _, err := io.WriteString(c, answer); err != nil {
				return
			}
		}
	})
	return open(t, "memcached://"+f.addr+"?prefix=")
}

func TestHostileServer(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing that is known":   "HELLO\r\n",
		"an empty line":           "\r\n",
		"an error":                "ERROR\r\n",
		"an error of the client":  "CLIENT_ERROR bad command line format\r\n",
		"an error of the server":  "SERVER_ERROR out of memory writing get response\r\n",
		"a password":              "CLIENT_ERROR unauthenticated\r\n",
		"another key":             "VALUE other 0 1\r\nx\r\nEND\r\n",
		"a key twice":             "VALUE id 0 1\r\nx\r\nVALUE id 0 1\r\nx\r\nEND\r\n",
		"no size":                 "VALUE id 0\r\nx\r\nEND\r\n",
		"a negative size":         "VALUE id 0 -1\r\nx\r\nEND\r\n",
		"a size beyond all":       "VALUE id 0 4294967296\r\nx\r\nEND\r\n",
		"flags beyond all":        "VALUE id 4294967296 1\r\nx\r\nEND\r\n",
		"a size too small":        "VALUE id 0 1\r\nxyz\r\nEND\r\n",
		"a line without an end":   "VALUE id " + strings.Repeat("0", 100_000) + "\r\n",
		"a long word":             strings.Repeat("x", lineLen) + "\r\n",
		"items before the errors": "VALUE more 0 1\r\nx\r\nSERVER_ERROR\r\n",
	} {
		store := answering(t, answer)
		records := store.Fetch(t.Context(), []string{"id", "more"}, most)
		if err := records[0].Err; name != "a key twice" && (err == nil || errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrUnreadable)) {
			t.Errorf("%s: %v; want an error of the store", name, err)
		}
		if err := records[1].Err; (err == nil) != (name == "items before the errors") {
			t.Errorf("%s: another session: %v", name, err)
		}
		if idle := store.pools[0].idle; len(idle) > 0 {
			t.Errorf("%s: the connection is kept", name)
		}
		for _, record := range records {
			if record.Err != nil && (!strings.HasPrefix(record.Err.Error(), "memcachedstore: ") || strings.Contains(record.Err.Error(), "other") || len(record.Err.Error()) > 200) {
				t.Errorf("%s: %v", name, record.Err)
			}
		}
	}
}

// What a server says that it will send costs nothing until it comes.
func TestHugeSize(t *testing.T) {
	f := newFake(t, func(c net.Conn, r *bufio.Reader) {
		r.ReadString('\n')
		fmt.Fprintf(c, "VALUE a 0 2147483647\r\n")
	})
	store := open(t, "memcached://"+f.addr+"?prefix=")
	allocated := allocatedBy(func() {
		if record := store.Fetch(t.Context(), []string{"a"}, most)[0]; record.Err == nil {
			t.Fatal("there is a session")
		}
	})
	if allocated > 64<<10 {
		t.Errorf("a size of 2 GB allocates %d bytes", allocated)
	}
}

func FuzzListen(f *testing.F) {
	for _, seed := range []string{
		"END\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n", "VALUE a 80 4\r\nxxxx\r\nVALUE b 0 0\r\n\r\nEND\r\n", "ERROR\r\n",
		"SERVER_ERROR x\r\n", "VALUE a 0 99999999\r\n", "VALUE a 0 -1\r\n", "VALUE c 0 1\r\nx\r\nEND\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		const max = 100
		got := make(map[string]item)
		wanted := map[string]bool{"a": true, "b": true}
		err := listen(bufio.NewReader(bytes.NewReader(answer)), wanted, max, func(key string, it item) {
			if _, twice := got[key]; twice || key != "a" && key != "b" || len(it.data) > max {
				t.Fatalf("%q: %v", key, it)
			}
			got[key] = it
		})
		if err == nil && !bytes.HasSuffix(bytes.TrimRight(answer, "\x00"), []byte("\n")) && !bytes.Contains(answer, []byte("END")) {
			t.Fatal("an answer without an end is one")
		}
	})
}
