package redisdriver_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/drivertest"
)

// This is the driver that docs/create-your-own-driver.md builds.

// files is a Driver that keeps its values as the files of a folder, each with
// the time at which it expires in front.
type files struct{ dir string }

// path returns the file of key. Not every key is a file name, but its hash is.
func (f files) path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(f.dir, hex.EncodeToString(sum[:]))
}

func (f files) Fetch(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(f.path(key))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, clientstorage.ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("files: fetch: %w", err)
	case len(b) < 8:
		return nil, clientstorage.ErrCorrupt
	}
	expires := time.UnixMilli(int64(binary.BigEndian.Uint64(b)))
	if !time.Now().Before(expires) {
		return nil, clientstorage.ErrNotFound
	}
	return b[8:], nil
}

func (f files) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if ttl <= 0 {
		return errors.New("files: save: the ttl must be positive")
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(ttl).UnixMilli()))
	if err := f.replace(f.path(key), append(b, value...)); err != nil {
		return fmt.Errorf("files: save: %w", err)
	}
	return nil
}

func (f files) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Remove(f.path(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("files: delete: %w", err)
	}
	return nil
}

// replace writes a file of its own first, so that nobody reads half of one.
func (f files) replace(path string, b []byte) error {
	file, err := os.CreateTemp(f.dir, "new-")
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

func TestFiles(t *testing.T) {
	drivertest.RunInBubble(t, func(t *testing.T) clientstorage.Driver {
		return files{t.TempDir()}
	})
}

// Two storages over one folder see each other's clients.
func Example_ownDriver() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "clients")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	server, err := clientstorage.New(files{dir}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close(ctx)
	website, err := clientstorage.New(files{dir}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer website.Close(ctx)

	if _, err := server.Attach(ctx, clientstorage.Client{User: "alice"}); err != nil {
		log.Fatal(err)
	}
	for client, err := range website.All(ctx) {
		fmt.Println(client.User, err)
	}
	// Output: alice <nil>
}

// The chapter must show code that is compiled and tested, to the letter.
func TestChapter(t *testing.T) {
	chapter, err := os.ReadFile("../../docs/create-your-own-driver.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range []string{"own_test.go", "driver.go", "many.go", "../driver.go", "../many.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(chapter), -1)
	for _, block := range blocks {
		for piece := range strings.SplitSeq(block[1], "\n\n") {
			if !strings.Contains(code.String(), strings.TrimSpace(piece)) {
				t.Errorf("the chapter shows code that is in no file:\n%s", piece)
			}
		}
	}
	if len(blocks) == 0 {
		t.Error("the chapter shows no code")
	}
}
