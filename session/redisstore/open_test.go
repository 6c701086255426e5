package redisstore_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	bigint "math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	addr := testserver.Redis(t)
	client := plain(t, addr)
	set(t, client, "app_abc", "name|s:5:\"alice\";")
	if err := client.Do(t.Context(), "acl", "setuser", "reader", "on", ">s:cret", "resetchannels", "~app_*", "+getrange").Err(); err != nil {
		t.Fatal(err)
	}
	for _, dsn := range []string{
		"redis://" + addr + "?prefix=app_",
		"valkey://" + addr + "?prefix=app_",
		"redis://reader:s%3Acret@" + addr + "?prefix=app_", // who may do nothing else
		"redis://" + addr + "?prefix=app_&auth[]=reader&auth[]=s:cret",
	} {
		s, err := opened(t, dsn).Read(t.Context(), "abc")
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
		} else if name, _ := s.String("name"); name != "alice" {
			t.Errorf("%s: the name is %q", dsn, name)
		}
	}
	for _, dsn := range []string{"redis://reader:SECRET@" + addr, "redis://" + addr + "?auth[]=nobody&auth[]=SECRET", "redis://reader:s:cret@" + addr} {
		if err := opened(t, dsn).Check(t.Context()); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

// Close closes the client that was opened here.
func TestOpenClose(t *testing.T) {
	t.Parallel()
	reader := opened(t, "redis://"+testserver.Redis(t))
	if err := reader.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	if err := reader.Check(t.Context()); err == nil {
		t.Error("it still reads")
	}
}

// A server that is down is found out at once, not after many tries.
func TestOpenDown(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"redis://127.0.0.1:1", "redis:///none.sock", "redis://127.0.0.1:1?redis_cluster=1",
		"redis:?host[127.0.0.1:1]&host[127.0.0.1:2]", "redis://127.0.0.1:1?redis_sentinel=m",
	} {
		_, err := opened(t, dsn).Read(t.Context(), "abc")
		if err == nil || errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrUnreadable) {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

func TestOpenTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, ours := certificate(t, dir, "ours.pem")
	_, other := certificate(t, dir, "other.pem")
	addr := terminate(t, cert, testserver.Redis(t))
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]struct{ right, wrong bool }{ // with the name of the certificate, and with another
		"":                      {false, false},
		"?ssl[cafile]=" + ours:  {true, false},
		"?ssl[cafile]=" + other: {false, false},
		"?ssl[verify_peer]=0":   {true, true},
		"?ssl[verify_peer_name]=0&ssl[cafile]=" + ours:                        {true, true},
		"?ssl[verify_peer_name]=0&ssl[cafile]=" + other:                       {false, false},
		"?ssl[verify_peer_name]=0":                                            {false, false},
		"?ssl[verify_peer]=0&ssl[verify_peer_name]=0&ssl[cafile]=" + other:    {true, true},
		"?ssl[verify_peer]=true&ssl[verify_peer_name]=on&ssl[cafile]=" + ours: {true, false},
	} {
		if err := opened(t, "rediss://127.0.0.1:"+port+query).Check(t.Context()); (err == nil) != want.right {
			t.Errorf("%s: %v", query, err)
		}
		if err := opened(t, "rediss://localhost:"+port+query).Check(t.Context()); (err == nil) != want.wrong {
			t.Errorf("%s, with another name: %v", query, err)
		}
	}
	if err := opened(t, "redis://"+addr).Check(t.Context()); err == nil {
		t.Error("without TLS it can be read")
	}
}

// certificate makes a certificate for 127.0.0.1 that signs itself, and a file of
// it.
func certificate(t *testing.T, dir, name string) (cert tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: bigint.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// terminate is a server with TLS in front of one without.
func terminate(t *testing.T, cert tls.Certificate, addr string) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
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
			go pipe(conn, addr)
		}
	}()
	return l.Addr().String()
}
