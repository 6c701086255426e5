package marshaller_test

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/marshaller"
)

const most = 256 << 10

func deflate(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func TestInflate(t *testing.T) {
	plain := []byte("_sf2_meta|a:0:{}")
	deflated := deflate(t, plain)
	for name, data := range map[string][]byte{
		"deflated":     deflated,
		"bytes after":  append(bytes.Clone(deflated), "junk"...), // which gzinflate ignores too
		"not deflated": plain,
	} {
		if got, err := marshaller.Inflate(data, most); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	// What gzinflate refuses is returned as it is, also if a part of it was good.
	for _, data := range [][]byte{nil, []byte("x"), deflated[:len(deflated)-2]} {
		if got, err := marshaller.Inflate(data, most); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%x: %x, %v", data, got, err)
		}
	}
	empty, err := marshaller.Inflate(deflate(t, nil), most)
	if err != nil || len(empty) != 0 {
		t.Errorf("nothing, deflated: %q, %v", empty, err)
	}
}

func TestInflateLimit(t *testing.T) {
	bomb := deflate(t, make([]byte, 8<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got, err := marshaller.Inflate(bomb, most); err == nil {
		t.Fatalf("8 MB are inflated to %d bytes", len(got))
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 16*most {
		t.Errorf("8 MB, of which %d bytes are allowed, allocate %d", most, allocated)
	}
	exact := bytes.Repeat([]byte("e"), 1000)
	if _, err := marshaller.Inflate(deflate(t, exact), 1000); err != nil {
		t.Errorf("1000 bytes of 1000: %v", err)
	}
	for _, data := range [][]byte{deflate(t, exact), exact} {
		if _, err := marshaller.Inflate(data, 999); err == nil {
			t.Error("1000 bytes are returned where 999 are allowed")
		}
	}
}

func TestUnsealKeys(t *testing.T) {
	good := keyPair(t)
	swapped := append(bytes.Clone(good[32:]), good[:32]...)
	for name, keys := range map[string][][]byte{
		"none":         nil,
		"hexadecimal":  {[]byte(hex.EncodeToString(good))},
		"half":         {good[:32]},
		"an empty one": {good, nil},
		"swapped":      {swapped},
		"zero":         {make([]byte, 64)},
	} {
		if unseal, err := marshaller.Unseal(keys...); err == nil || unseal != nil {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), hex.EncodeToString(good[:8])) {
			t.Errorf("%s: the error has the key: %v", name, err)
		} else if name == "hexadecimal" && !strings.Contains(err.Error(), "128 bytes") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// keyPair returns the one of the fixtures.
func keyPair(t testing.TB) []byte {
	t.Helper()
	text := fixture(t, "sodium.keypair.hex")
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestMarshallerFixtures(t *testing.T) {
	plain := fixture(t, "identity.raw")
	if got, err := marshaller.Inflate(fixture(t, "deflate.raw"), most); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("deflate.raw: %q, %v", got, err)
	}
	unseal, err := marshaller.Unseal(keyPair(t))
	if err != nil {
		t.Fatal(err)
	}
	sealed := fixture(t, "sodium.raw")
	if got, err := unseal(sealed, len(plain)); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("sodium.raw: %q, %v", got, err)
	}
	if _, err := unseal(sealed, len(plain)-1); err == nil {
		t.Error("sodium.raw is unsealed, although it is too long")
	}
	for i := range sealed { // every byte is protected
		sealed[i] ^= 1
		if got, err := unseal(sealed, most); err == nil {
			t.Errorf("sodium.raw with another byte %d: %q", i, got)
		}
		sealed[i] ^= 1
	}
	for _, data := range [][]byte{nil, plain, sealed[:47], sealed[:48]} {
		if got, err := unseal(data, most); err == nil {
			t.Errorf("%d bytes that are not sealed: %q", len(data), got)
		}
	}
}

// Real marshallers of Symfony, with a key that was rotated.
func TestMarshallersOfSymfony(t *testing.T) {
	testserver.Try(t, "php-cli php-symfony-cache php-symfony-http-foundation", "php", "-r",
		"require 'Symfony/Component/Cache/autoload.php'; require 'Symfony/Component/HttpFoundation/autoload.php'; exit(function_exists('sodium_crypto_box_seal') ? 0 : 1);")
	newKey, err := exec.Command("php", "-r", "echo sodium_crypto_box_keypair();").Output()
	if err != nil {
		t.Fatal(err)
	}
	oldKey := keyPair(t)
	unseal, err := marshaller.Unseal(newKey, oldKey)
	if err != nil {
		t.Fatal(err)
	}
	both := func(data []byte, max int) ([]byte, error) {
		data, err := unseal(data, max)
		if err != nil {
			return nil, err
		}
		return marshaller.Inflate(data, max)
	}

	random := rand.New(rand.NewPCG(1, 2))
	sessions := [][]byte{fixture(t, "identity.raw")}
	for range 40 {
		s := make([]byte, random.IntN(5000))
		for i := range s {
			s[i] = byte(random.IntN(256) & random.IntN(256))
		}
		sessions = append(sessions, s)
	}
	var in strings.Builder
	for _, s := range sessions {
		fmt.Fprintf(&in, "%x\n", s)
	}
	cmd := exec.Command("php", "testdata/marshaller.php", hex.EncodeToString(newKey), hex.EncodeToString(oldKey))
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	unwrap := []func([]byte, int) ([]byte, error){marshaller.Inflate, unseal, unseal, both}
	if len(lines) != len(sessions)*len(unwrap) {
		t.Fatalf("php printed %d lines", len(lines))
	}
	for i, line := range lines {
		data, err := hex.DecodeString(line)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := unwrap[i%4](data, most); err != nil || !bytes.Equal(got, sessions[i/4]) {
			t.Fatalf("session %d, marshaller %d: %v", i/4, i%4, err)
		}
	}
}

func FuzzInflate(f *testing.F) {
	f.Add([]byte("_sf2_meta|a:0:{}"))
	f.Add(deflate(f, []byte("_sf2_meta|a:0:{}")))
	f.Add(deflate(f, make([]byte, 1<<16)))
	f.Fuzz(func(t *testing.T, data []byte) {
		const max = 4096
		if got, err := marshaller.Inflate(data, max); err == nil && len(got) > max {
			t.Fatalf("%d bytes", len(got))
		}
		if len(data) > max {
			return
		}
		if got, err := marshaller.Inflate(deflate(t, data), max); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("deflated and inflated: %x, %v", got, err)
		}
	})
}

func FuzzUnseal(f *testing.F) {
	unseal, err := marshaller.Unseal(keyPair(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(fixture(f, "sodium.raw"))
	f.Add(make([]byte, 48))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := unseal(data, most); err == nil && len(got) != len(data)-48 {
			t.Fatalf("%d bytes are unsealed to %d", len(data), len(got))
		}
	})
}

// The website has a DeflateMarshaller within a SodiumMarshaller, and two keys, of
// which the second is about to be given up.
func ExampleUnseal() {
	var newKey, oldKey []byte // base64.StdEncoding.DecodeString(os.Getenv("SESSION_KEY"))
	unseal, err := marshaller.Unseal(newKey, oldKey)
	if err != nil {
		log.Println(err)
		return
	}
	options := &session.Options{
		Unwrap: func(data []byte, max int) ([]byte, error) {
			data, err := unseal(data, max)
			if err != nil {
				return nil, err
			}
			return marshaller.Inflate(data, max)
		},
	}
	sessions, err := session.Open("redis://localhost", options)
	if err != nil {
		log.Println(err)
		return
	}
	defer sessions.Close()
}

// Of a website that only compresses its sessions.
func ExampleInflate() {
	var compressed bytes.Buffer
	w, _ := flate.NewWriter(&compressed, flate.DefaultCompression)
	w.Write([]byte(`user|s:5:"alice";`))
	w.Close()

	data, err := marshaller.Inflate(compressed.Bytes(), 256<<10)
	fmt.Printf("%s %v\n", data, err)
	// Output: user|s:5:"alice"; <nil>
}
