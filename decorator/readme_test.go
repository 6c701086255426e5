package decorator_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/decorator"
)

var update = flag.Bool("update", false, "write the table of providers into the README")

const (
	tableBegin = "<!-- providers: go test ./decorator -run README -update -->\n"
	tableEnd   = "<!-- end of providers -->\n"
)

// The README's table of providers is made of what the package knows of them.
func TestREADME(t *testing.T) {
	const path = "../README.md"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("README.md has no %q and %q", tableBegin, tableEnd)
	}
	want := before + tableBegin + providerTable() + tableEnd + after
	if want == string(b) {
		return
	}
	if !*update {
		t.Fatal("the README's table of providers is not the package's: go test ./decorator -run README -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func providerTable() string {
	var b strings.Builder
	b.WriteString("| store | shared between nodes | keeps all it is given | longest value | to know |\n|---|---|---|---|---|\n")
	for _, p := range decorator.Providers() {
		longest := "no limit of its own"
		if p.MaxValue > 0 {
			longest = fmt.Sprintf("%d bytes", p.MaxValue)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", p.Name, yes(p.Shared), yes(!p.Drops), longest, p.Note)
	}
	return b.String()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
