package memcachedstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/leakcheck"
	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
)

func TestMain(m *testing.M) { leakcheck.Main(m) }

const most = 256 << 10

// needPHP skips the test without what the scripts in testdata need.
func needPHP(t *testing.T) {
	t.Helper()
	testserver.Try(t, "php-cli php-memcached php-symfony-cache php-symfony-http-foundation", "php", "-r",
		"require 'Symfony/Component/Cache/autoload.php'; require 'Symfony/Component/HttpFoundation/autoload.php'; exit(extension_loaded('memcached') ? 0 : 1);")
}

// write has PHP write sessions. See testdata/write.php.
func write(t *testing.T, sessions map[string][]byte, args ...string) {
	t.Helper()
	var in strings.Builder
	for id, data := range sessions {
		fmt.Fprintf(&in, "%s %x\n", id, data)
	}
	cmd := exec.Command("php", append([]string{"testdata/write.php"}, args...)...)
	cmd.Stdin = strings.NewReader(in.String())
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("php: %v\n%s", err, out)
	}
}

// random returns sessions of all lengths up to 200,000 bytes, some of which can
// be compressed well, some a little, and some not at all.
func random(n int) map[string][]byte {
	r := rand.New(rand.NewPCG(3, uint64(n)))
	sessions := make(map[string][]byte)
	for i := range n {
		length := r.IntN([]int{100, 1999, 2500, 9000, 66_000, 200_000}[i%6]) + 1
		data := make([]byte, 0, length+300)
		for len(data) < length {
			switch kind := r.IntN(6); {
			case kind == 0 && len(data) > 0: // again, from anywhere
				from := r.IntN(len(data))
				data = append(data, data[from:min(len(data), from+r.IntN(600))]...)
			case kind == 1: // a run
				data = append(data, bytes.Repeat([]byte{byte(r.Uint32())}, r.IntN(1500))...)
			case kind == 2 && i%2 == 0: // noise
				for range r.IntN(300) {
					data = append(data, byte(r.Uint32()))
				}
			default:
				data = fmt.Appendf(data, `s:%d:"key%d";`, r.IntN(99), r.IntN(9))
			}
		}
		sessions[fmt.Sprintf("id%d,-%022d", n, i)] = data[:length]
	}
	return sessions
}

// read fetches the sessions and compares them.
func read(t *testing.T, s *Store, want map[string][]byte) {
	t.Helper()
	var ids []string
	for id := range want {
		ids = append(ids, id, "no"+id)
	}
	for i, record := range s.Fetch(t.Context(), ids, most) {
		data, there := want[ids[i]]
		switch {
		case there && (record.Err != nil || !bytes.Equal(record.Data, data)):
			t.Fatalf("a session of %d bytes: %d bytes, %v", len(data), len(record.Data), record.Err)
		case !there && !errors.Is(record.Err, session.ErrNotFound):
			t.Fatalf("a session that is not there: %v", record.Err)
		}
	}
}

func open(t *testing.T, dsn string) *Store {
	t.Helper()
	s, err := fromDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Sessions that Symfony's handler writes, compressed in all ways, are found.
func TestSymfony(t *testing.T) {
	needPHP(t)
	addr := testserver.Memcached(t)
	dsn := "memcached://" + addr
	for i, settings := range [][]string{
		nil,
		{"OPT_COMPRESSION_TYPE=COMPRESSION_ZLIB"},
		{"OPT_COMPRESSION=0"},
		{"OPT_SERIALIZER=SERIALIZER_IGBINARY", "OPT_USER_FLAGS=65535"},
	} {
		sessions := random(60 + i)
		write(t, sessions, append([]string{"symfony", dsn}, settings...)...)
		read(t, open(t, dsn), sessions)
	}
}

// Each session must be looked for on the server that has it.
func TestSeveralServers(t *testing.T) {
	needPHP(t)
	a, b, c := testserver.Memcached(t), testserver.Memcached(t), testserver.Memcached(t)
	three := fmt.Sprintf("memcached://%s/3?host[%s]=1&host[%s]", a, b, c)
	for i, dsn := range []string{
		three,
		three + "&prefix=my_app",
		three + "&prefix_key=space:&prefix=my_app",
		three + "&libketama_compatible=0",
		three + "&LIBKETAMA_COMPATIBLE=true&prefix_key=p",
		fmt.Sprintf("memcached:?host[%s]=9&host[%s]=&prefix=", a, c),
	} {
		sessions := random(100 + i)
		for id := range sessions {
			sessions[id] = []byte(id) // the content does not matter here
		}
		write(t, sessions, "symfony", dsn)
		read(t, open(t, dsn), sessions)
	}
}

// PHP's own handler has another prefix, which does not choose the server.
func TestNative(t *testing.T) {
	needPHP(t)
	a, b, c := testserver.Memcached(t), testserver.Memcached(t), testserver.Memcached(t)
	servers := []Server{{Addr: a}, {Addr: b}, {Addr: c}}
	for i, test := range []struct {
		opts     Options
		settings []string
	}{
		{Options{}, nil},
		{Options{Prefix: "other:"}, []string{"memcached.sess_prefix=other:"}},
		{Options{Distribution: Modula}, []string{"memcached.sess_consistent_hash=0"}},
		{Options{Distribution: KetamaWeighted}, []string{"memcached.sess_consistent_hash_type=ketama_weighted"}},
	} {
		sessions := random(40 + i)
		for id := range sessions {
			sessions[id] = sessions[id][:min(len(sessions[id]), 20_000)]
		}
		for n := range 400 {
			sessions[fmt.Sprintf("short%022d", n)] = []byte("short")
		}
		write(t, sessions, append([]string{"native", strings.Join([]string{a, b, c}, ","), "memcached.sess_locking=0"}, test.settings...)...)
		for id, data := range sessions {
			sessions[id] = fmt.Appendf(nil, `data|s:%d:"%s";`, len(data), data)
		}
		test.opts.Native = true
		s, err := New(servers, &test.opts)
		if err != nil {
			t.Fatal(err)
		}
		read(t, s, sessions)
		s.Close()
	}
}

// A socket, which is a proxy here, is what Symfony takes it for.
func TestSocket(t *testing.T) {
	needPHP(t)
	addr := testserver.Memcached(t)
	socket := filepath.Join(t.TempDir(), "m.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", addr)
			if err != nil {
				near.Close()
				return
			}
			go func() { io.Copy(far, near); far.Close() }()
			go func() { io.Copy(near, far); near.Close() }()
		}
	}()
	for i, dsn := range []string{"memcached://" + socket, "memcached:" + socket + "?prefix=p", "memcached://" + socket + "?prefix=p"} {
		sessions := random(10 + i)
		write(t, sessions, "symfony", dsn)
		s := open(t, dsn)
		read(t, s, sessions)
		s.Close()
	}
}
