package symfony_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session"
	_ "github.com/rollcall-go/rollcall/session/memcachedstore"
)

// unwrapMemcached returns what a website gave to memcached, if the folder has the
// answers of memcached to a "get" of its sessions, which tell the flags.
func unwrapMemcached(t *testing.T, dir, sid string, data []byte) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if sid == "" || len(f) != 4 || f[0] != "VALUE" || !strings.HasSuffix(f[1], sid) || f[3] != strconv.Itoa(len(data)) {
				continue
			}
			return throughMemcached(t, strings.TrimSuffix(f[1], sid), sid, f[2], data)
		}
	}
	return data
}

// throughMemcached has a store read a session from a server that answers with it.
func throughMemcached(t *testing.T, prefix, sid, flags string, data []byte) []byte {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan error, 1)
	go func() {
		nc, err := l.Accept()
		if err != nil {
			served <- err
			return
		}
		defer nc.Close()
		line, err := bufio.NewReader(nc).ReadString('\n')
		if err == nil && line == "get "+prefix+sid+"\r\n" {
			_, err = fmt.Fprintf(nc, "VALUE %s%s %s %d\r\n%s\r\nEND\r\n", prefix, sid, flags, len(data), data)
		}
		_, _ = io.Copy(io.Discard, nc) // until the store closes it
		served <- err
	}()
	var stored []byte
	reader, err := session.Open("memcached://"+l.Addr().String()+"?prefix="+prefix, &session.Options{
		Decode: func(data []byte) (map[string]any, error) {
			stored = data
			return nil, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = reader.Read(t.Context(), sid)
	reader.Close()
	if err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	return stored
}
