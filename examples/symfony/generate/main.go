// Command generate writes the fixtures of firewall/symfony: real sessions and
// tokens, and who Symfony says that their user is.
//
//	cd examples/symfony && go run ./generate -out ../../firewall/symfony/testdata/generated
package main

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/rollcall-go/rollcall/examples/symfony/website"
)

func main() {
	log.SetFlags(0)
	out := flag.String("out", "", "the folder to write; what it has of an earlier run is replaced")
	flag.Parse()
	if *out == "" {
		flag.Usage()
		os.Exit(2)
	}
	tmp, err := os.MkdirTemp("", "symfony-")
	if err != nil {
		log.Fatal(err)
	}
	err = generate(*out, tmp)
	os.RemoveAll(tmp)
	if err != nil {
		log.Fatal(err)
	}
}

// A folder is the sessions of one configuration of the website.
type folder struct {
	name   string
	config website.Config
	cases  []sessionCase
}

func folders(version string) []folder {
	all := []folder{
		{"sf" + version, website.Config{RemoteUser: "alice"}, cases},
		{"sf" + version + "-legacyauth", website.Config{RemoteUser: "alice", Legacy: true}, some("form", "rm", "switch", "ent", "shared", "basic", "remote", "anon_cart", "logged_out")},
	}
	for _, handler := range []string{"php", "php_binary", "php_serialize", "igbinary"} {
		all = append(all, folder{"serializer-" + handler, website.Config{SerializeHandler: handler},
			some("form", "ent", "switch", "two", "anon_cart", "logged_out")})
	}
	return all
}

// generate writes into out, and what it needs meanwhile into tmp.
func generate(out, tmp string) error {
	answer, err := website.Console(&website.Config{Dir: tmp}, nil, "version")
	if err != nil {
		return err
	}
	version := strings.TrimSpace(string(answer))
	sessions := 0
	for _, f := range folders(version) {
		f.config.Dir, f.config.CacheDir = filepath.Join(tmp, f.name), filepath.Join(tmp, "cache")
		if err := writeSessions(filepath.Join(out, f.name), &f); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		sessions += len(f.cases)
	}
	if err := writeMarshallers(filepath.Join(out, "marshaller"), filepath.Join(out, "sf"+version, "ent.sess")); err != nil {
		return fmt.Errorf("marshaller: %w", err)
	}
	if err := writeTokens(filepath.Join(out, "tokens"), tmp); err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	fmt.Printf("%d sessions of Symfony %s, and its tokens\n", sessions, version)
	return nil
}

// empty makes dir an empty folder.
func empty(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.MkdirAll(dir, 0o777)
}

// writeTokens has PHP write every kind of token.
func writeTokens(dir, tmp string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	dir, err := filepath.Abs(dir) // PHP works in another folder
	if err != nil {
		return err
	}
	_, err = website.Console(&website.Config{Dir: tmp}, nil, "tokens", dir)
	return err
}

// writeMarshallers has Symfony's marshallers wrap a session.
func writeMarshallers(dir, session string) error {
	if err := empty(dir); err != nil {
		return err
	}
	data, err := os.ReadFile(session)
	if err != nil {
		return err
	}
	secret, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	config := website.Config{Dir: dir, SodiumKeypair: append(secret.Bytes(), secret.PublicKey().Bytes()...)}
	files := map[string][]byte{
		"identity.raw":       data,
		"sodium.keypair.hex": []byte(hex.EncodeToString(config.SodiumKeypair)),
	}
	for _, kind := range []string{"deflate", "sodium"} {
		if files[kind+".raw"], err = website.Console(&config, data, "marshall", kind); err != nil {
			return err
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			return err
		}
	}
	return nil
}
