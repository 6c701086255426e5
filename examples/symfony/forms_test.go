package main

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/rollcall-go/rollcall/examples/symfony/website"
	"github.com/rollcall-go/rollcall/internal/testserver"
)

// short are the stories that show a store or an encoding to be understood.
var short = map[string]func(*world){
	"form":           form,
	"not in ASCII":   stories["not in ASCII"],
	"entity":         stories["entity"],
	"big session":    bigSession,
	"shared context": sharedContext,
	"switch user":    switchUser,
	"signed out":     signedOut,
}

// Whichever way the website encodes its sessions, they are read without being
// told; of those that it wraps, in which way must be said.
func TestEncodings(t *testing.T) {
	container := t.TempDir()
	key := keyPair(t)
	for name, c := range map[string]struct {
		store   func(*testing.T) store
		website website.Config
		args    []string
	}{
		"php":                 {files, website.Config{SerializeHandler: "php"}, nil},
		"php_binary":          {files, website.Config{SerializeHandler: "php_binary"}, nil},
		"php_serialize":       {files, website.Config{SerializeHandler: "php_serialize"}, nil},
		"igbinary":            {files, website.Config{SerializeHandler: "igbinary"}, nil},
		"deflate":             {redis, website.Config{Marshaller: "deflate"}, []string{"-deflate"}},
		"igbinary in deflate": {sqlite, website.Config{SerializeHandler: "igbinary", Marshaller: "deflate"}, []string{"-deflate"}},
		"sodium":              {memcached, website.Config{Marshaller: "sodium", SodiumKeypair: key.bytes}, []string{"-sodium", key.file}},
		"before Symfony 5.3":  {files, website.Config{Legacy: true}, nil},

		// Where its handler cannot just prolong a session, Symfony (StrictSessionHandler
		// below MarshallingSessionHandler) writes it again, without the marshaller.
		"deflate now and then": {files, website.Config{Marshaller: "deflate"}, []string{"-deflate"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newWorld(t, c.store(t), container, c.website, c.args...).tell(short)
		})
	}
}

type sodiumKey struct {
	bytes []byte
	file  string // in base64
}

func keyPair(t *testing.T) sodiumKey {
	t.Helper()
	secret, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := sodiumKey{append(secret.Bytes(), secret.PublicKey().Bytes()...), filepath.Join(t.TempDir(), "key")}
	if err := os.WriteFile(key.file, []byte(base64.StdEncoding.EncodeToString(key.bytes)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return key
}

// The options that Symfony has for its handlers, and the handlers that PHP has
// itself.
func TestOptions(t *testing.T) {
	container := t.TempDir()
	for name, start := range map[string]func(t *testing.T) (store, website.Config){
		"names of the table": func(t *testing.T) (store, website.Config) {
			return store{dsn: postgres(t).dsn + "?db_table=visits&db_id_col=id&db_data_col=data&db_lifetime_col=until&db_time_col=at"}, website.Config{}
		},
		"prefix in Redis": func(t *testing.T) (store, website.Config) {
			return store{dsn: "redis://" + testserver.Redis(t) + "/3?prefix=app_"}, website.Config{}
		},
		"prefix in Memcached": func(t *testing.T) (store, website.Config) {
			return store{dsn: "memcached://" + testserver.Memcached(t) + "?prefix=app_"}, website.Config{}
		},
		"levels of folders": func(t *testing.T) (store, website.Config) {
			dir := t.TempDir()
			for _, letter := range "0123456789abcdefghijklmnopqrstuv" {
				if err := os.Mkdir(filepath.Join(dir, string(letter)), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			return store{dsn: "file://1;0640;" + dir}, website.Config{}
		},
		"PHP's own handler of Redis": func(t *testing.T) (store, website.Config) {
			addr := testserver.Redis(t)
			return store{dsn: "redis://" + addr + "/1?prefix=PHPREDIS_SESSION:"}, website.Config{SessionDSN: "native",
				INI: []string{"session.save_handler=redis", `session.save_path="tcp://` + addr + `?database=1"`}}
		},
		"PHP's own handler of Memcached": func(t *testing.T) (store, website.Config) {
			addr := testserver.Memcached(t)
			return store{dsn: "memcached://" + addr + "?prefix=memc.sess.key."}, website.Config{SessionDSN: "native",
				INI: []string{"session.save_handler=memcached", "session.save_path=" + addr}}
		},
		"PHP's own handler of files": func(t *testing.T) (store, website.Config) {
			dir := t.TempDir()
			return store{dsn: "file://" + dir}, website.Config{SessionDSN: "native",
				INI: []string{"session.save_handler=files", "session.save_path=" + dir}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := start(t)
			newWorld(t, s, container, c).tell(short)
		})
	}
}
