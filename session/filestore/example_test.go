package filestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rollcall-go/rollcall/session"
	_ "github.com/rollcall-go/rollcall/session/filestore"
)

// A website whose sessions PHP keeps in files, for two hours.
func Example() {
	folder, err := os.MkdirTemp("", "sessions")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	// This is what PHP would leave of $_SESSION['user'] = 'alice';
	os.WriteFile(filepath.Join(folder, "sess_k4pr0v1mq8s2t6u3abcdefghij"), []byte(`user|s:5:"alice";`), 0o600)

	sessions, err := session.Open("file://"+folder+"?gc_maxlifetime=7200", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sessions.Close()
	s, err := sessions.Read(context.Background(), "k4pr0v1mq8s2t6u3abcdefghij")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Lookup("user"))
	// Output: alice true
}
