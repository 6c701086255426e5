package laravelsession_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/filestore"
	"github.com/rollcall-go/rollcall/session/laravelsession"
)

// SESSION_DRIVER=file, as the package's documentation says.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	store, err := filestore.New(dir, &filestore.Options{NoPrefix: true, Lifetime: 2 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, age time.Duration) string {
		t.Helper()
		name = strings.Repeat(name, 40)
		path, when := filepath.Join(dir, name), time.Now().Add(-age)
		data := []byte(`a:1:{s:50:"login_web_59ba36addc2b2f9401580f014c7f58ea4e30989d";i:42;}`)
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.Chtimes(path, when, when)); err != nil {
			t.Fatal(err)
		}
		return name
	}
	young, old := file("y", time.Hour), file("o", 3*time.Hour)
	r := session.New(store, &session.Options{Decode: laravelsession.Decode})
	if s, err := r.Read(t.Context(), young); err != nil || s.Values[laravelsession.UserKey("web")] != int64(42) {
		t.Errorf("%v, %v", s, err)
	}
	for _, id := range []string{old, strings.Repeat("x", 40)} {
		if _, err := r.Read(t.Context(), id); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%.5s: %v", id, err)
		}
	}
}
