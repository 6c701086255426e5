package redisstore_test

import (
	"bufio"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session/redisstore"
)

// fake serves connections: it accepts whatever it is told, and sends this to who
// has subscribed.
func fake(t *testing.T, message string) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn, message)
		}
	}()
	return l.Addr().String()
}

func serve(conn net.Conn, message string) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "*")))
		command := ""
		for range 2 * n {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			command += strings.TrimSpace(line) + " "
		}
		switch {
		case strings.Contains(command, "hello"):
			io.WriteString(conn, "-ERR unknown command\r\n")
		case strings.Contains(command, "client $2 id"):
			io.WriteString(conn, ":7\r\n")
		case strings.Contains(command, "subscribe"):
			io.WriteString(conn, "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n"+message)
		default:
			io.WriteString(conn, "+OK\r\n")
		}
	}
}

// A server that sends what none should is left, and tried again.
func TestWatchHostile(t *testing.T) {
	t.Parallel()
	const message = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"
	for _, m := range []string{
		"*0\r\n", "*1\r\n:5\r\n", "*1\r\n$3\r\nabc\r\n", "*2\r\n$7\r\nmessage\r\n:5\r\n",
		message + "*1\r\n:5\r\n", message + ":5\r\n", message + "*1\r\n$-1\r\n", message + "$-1\r\n", message + "*-1\r\n",
		"*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n$1\r\nx\r\n", "xyz\r\n", "\r\n", "$-5\r\n", ":1\r\n", "_\r\n", "%1\r\n+a\r\n+b\r\n",
	} {
		e := watching(t, redisstore.New(plain(t, fake(t, m)), nil))
		e.expectAll()
		e.stop()
		if err := <-e.ended; err == nil {
			t.Error("no error")
		}
	}
}
