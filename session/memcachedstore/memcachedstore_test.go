package memcachedstore

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
)

func TestDown(t *testing.T) {
	a, b := testserver.Memcached(t), testserver.Memcached(t)
	down, stop := testserver.StartMemcached(t)
	store := open(t, fmt.Sprintf("memcached:?host[%s]&host[%s]&host[%s]&prefix=", a, down, b))
	var ids []string
	servers := map[int]int{}
	for i := range 60 {
		ids = append(ids, fmt.Sprintf("id%d", i))
		at := store.ring.server(ids[i])
		servers[at]++
		if i%2 == 0 {
			set(t, []string{a, down, b}[at], ids[i], 0, []byte("session"))
		}
	}
	check := func(isDown bool) {
		t.Helper()
		for i, record := range store.Fetch(t.Context(), ids, most) {
			failed := record.Err != nil && !errors.Is(record.Err, session.ErrNotFound)
			if failed != (isDown && store.ring.server(ids[i]) == 1) {
				t.Errorf("a session on server %d: %v", store.ring.server(ids[i]), record.Err)
			}
			if !failed && (record.Err == nil) != (i%2 == 0) {
				t.Errorf("session %d: %v", i, record.Err)
			}
		}
	}
	if len(servers) != 3 {
		t.Fatalf("the ids are on the servers %v", servers)
	}
	check(false)
	stop()
	check(true)
	check(true)
}

// What memcached cannot have as a key is not asked for: it would be read as
// something else.
func TestKeys(t *testing.T) {
	var lines []string
	f := newFake(t, func(c net.Conn, r *bufio.Reader) {
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			lines = append(lines, line)
			io.WriteString(c, "END\r\n")
		}
	})
	store := open(t, "memcached://"+f.addr+"?prefix=p")
	long := strings.Repeat("i", 249)
	for _, record := range store.Fetch(t.Context(), []string{"a b", "a\r\nflush_all", "\x00", "\x7f", "tab\t", long + "i", "good", long, ""}, most) {
		if record.Err != session.ErrNotFound {
			t.Error(record.Err)
		}
	}
	store.Close()
	if len(lines) != 1 || lines[0] != "get pgood p"+long+" p\r\n" {
		t.Errorf("the server was asked %q", lines)
	}
}

// Hundreds of sessions come in one round trip, and those asked for twice are
// independent of one another.
func TestMany(t *testing.T) {
	addr := testserver.Memcached(t)
	want := make(map[string][]byte)
	var ids []string
	for i := range 3000 {
		id := fmt.Sprintf("%s%04d", strings.Repeat("i", 100), i)
		ids = append(ids, id)
		if i%10 == 0 {
			want[id] = []byte(id)
			set(t, addr, "sf2s"+id, 0, want[id])
		}
	}
	store := open(t, "memcached://"+addr)
	read(t, store, want)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, record := range store.Fetch(t.Context(), ids, most) {
				if (record.Err == nil) != (i%10 == 0) || !bytes.Equal(record.Data, want[ids[i]]) {
					t.Errorf("session %d: %q, %v", i, record.Data, record.Err)
				}
			}
		})
	}
	wg.Wait()
	twice := store.Fetch(t.Context(), []string{ids[0], ids[0]}, most)
	twice[0].Data[0] = 'X'
	if string(twice[1].Data) != ids[0] {
		t.Error("records share their bytes")
	}
	store.pools[0].drop()
	store.Fetch(t.Context(), []string{ids[0], ids[0]}, most)
	if len(store.pools[0].idle) != 1 {
		t.Error("the server is asked twice for one key")
	}
}

// An empty item is no session, and max is that of the session, not of the item.
func TestMax(t *testing.T) {
	addr := testserver.Memcached(t)
	store := open(t, "memcached://"+addr+"?prefix=")
	set(t, addr, "empty", 0, nil)
	set(t, addr, "ten", 0, []byte("0123456789"))
	for max, want := range map[int]error{9: session.ErrUnreadable, 6: session.ErrUnreadable, 5: session.ErrUnreadable, 10: nil} {
		if err := store.Fetch(t.Context(), []string{"ten"}, max)[0].Err; !errors.Is(err, want) {
			t.Errorf("ten bytes of %d: %v", max, err)
		}
	}
	if err := store.Fetch(t.Context(), []string{"empty"}, 10)[0].Err; err != session.ErrNotFound {
		t.Errorf("an empty item: %v", err)
	}
}

// Dial may go elsewhere; what the server is called stays.
func TestDial(t *testing.T) {
	addr := testserver.Memcached(t)
	set(t, addr, "memc.sess.key.id", 0, []byte("session"))
	var asked []string
	store, err := New([]Server{{Addr: "cache:11211"}}, &Options{Native: true, Dial: func(ctx context.Context, network, to string) (net.Conn, error) {
		asked = append(asked, network+" "+to)
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	record := store.Fetch(t.Context(), []string{"id"}, most)[0]
	if string(record.Data) != "session" || len(asked) != 1 || asked[0] != "tcp cache:11211" {
		t.Errorf("%q, %v; dialled %q", record.Data, record.Err, asked)
	}
}
