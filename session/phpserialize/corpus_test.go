package phpserialize

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"
)

// TestCorpus compares Parse with what PHP 8.2 said of the inputs in
// testdata/corpus.
func TestCorpus(t *testing.T) {
	var manifest struct {
		Cases map[string]struct {
			Accepts bool `json:"php_accepts"`
		}
	}
	data, err := os.ReadFile("testdata/corpus/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	files := 0
	for name, c := range manifest.Cases {
		data, err := os.ReadFile("testdata/corpus/" + name + ".ser")
		if errors.Is(err, fs.ErrNotExist) {
			continue // the longest ones; see TestDepth and TestWide
		}
		if err != nil {
			t.Fatal(err)
		}
		files++
		v, err := Parse(data)
		switch {
		case err != nil && !errors.Is(err, ErrSyntax) && !errors.Is(err, ErrLimit):
			t.Errorf("%s: the error is none of the package's: %v", name, err)
		case err != nil && c.Accepts && !deliberate(data, err):
			t.Errorf("%s: %v; PHP takes it", name, err)
		case err == nil && !c.Accepts && v.Kind() != Enum: // of which PHP had no class
			t.Errorf("%s: is taken; PHP refuses it", name)
		}
	}
	if files < 119 {
		t.Errorf("the corpus has %d files", files)
	}
}
