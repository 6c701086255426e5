package clientstorage_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os/exec"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// A foreignReader reads the format in another language: it is what examples has
// for users of that language.
type foreignReader struct {
	name     string
	program  string
	check    []string // exits with 0 if all is there that it needs
	packages string   // what that is called in Debian
	answer   []string // see job
	who      []string // the program for people
}

// The programs are Debian's, for which the packages are. The first in PATH may
// be others.
var foreignReaders = []foreignReader{
	{
		name:     "PHP",
		program:  "/usr/bin/php",
		check:    []string{"-r", `exit(extension_loaded("msgpack") && extension_loaded("redis") ? 0 : 1);`},
		packages: "php-cli php-msgpack php-redis",
		answer:   []string{"testdata/format/answer.php"},
		who:      []string{"../examples/php/who.php"},
	},
	{
		name:     "Python",
		program:  "/usr/bin/python3",
		check:    []string{"-c", "import msgpack, redis"},
		packages: "python3 python3-msgpack python3-redis",
		answer:   []string{"-B", "testdata/format/answer.py"}, // -B: writes no bytecode beside the source
		who:      []string{"-B", "../examples/python/who.py"},
	},
}

// eachReader runs a test with every foreign reader that is installed.
func eachReader(t *testing.T, test func(t *testing.T, r foreignReader)) {
	for _, r := range foreignReaders {
		t.Run(r.name, func(t *testing.T) {
			testserver.Try(t, r.packages, r.program, r.check...)
			test(t, r)
		})
	}
}

// A job is a cache and what to ask of it: either these keys, in hex, or a redis.
type job struct {
	Keys  map[string]string `json:"keys"`
	Redis string            `json:"redis,omitempty"`
	questions
}

func (r foreignReader) run(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.program, args...)
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v\n%.4000s\n%.4000s", r.name, err, stderr.Bytes(), output)
	}
	return output
}

// do does jobs in one process.
func (r foreignReader) do(t *testing.T, jobs ...job) []answers {
	t.Helper()
	input, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	var all []answers
	if err := json.Unmarshal(r.run(t, input, r.answer...), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != len(jobs) {
		t.Fatalf("%s gives %d answers to %d jobs", r.name, len(all), len(jobs))
	}
	for i := range all {
		all[i] = ordered(all[i])
	}
	return all
}

// hexOf returns values as a job has them.
func hexOf(values map[string][]byte) map[string]string {
	texts := make(map[string]string, len(values))
	for key, value := range values {
		texts[key] = hex.EncodeToString(value)
	}
	return texts
}

// checkAges checks that ages are what a reader can know that asks for the first
// time, given how long the lease of each node lasts and how late it says to be,
// in milliseconds.
func checkAges(t *testing.T, a answers, atLeast map[string]int64) {
	t.Helper()
	for _, age := range atLeast {
		atLeast[""] = max(atLeast[""], age)
	}
	a.eachAge(func(age *int64, node string) {
		if least := atLeast[node]; *age < least || *age > least+time.Minute.Milliseconds() {
			t.Errorf("an answer about %q is %d ms old at most; want a little more than %d", node, *age, least)
		}
	})
}

func TestForeignReadersOfGolden(t *testing.T) {
	g := readGolden(t)
	keys := make(map[string]string)
	for key, value := range g.Keys {
		keys[key] = value.Hex
	}
	eachReader(t, func(t *testing.T, r foreignReader) {
		got := r.do(t, job{Keys: keys, questions: g.Ask}, job{Keys: map[string]string{}, questions: questions{Lookup: g.Ask.Lookup[:1], Online: []string{"alice"}}})
		checkAges(t, got[0], map[string]int64{"ASNFZ4mrze8": 6000, "_ty6mHZUMhA": 7500})
		compareAnswers(t, r.name, withoutAges(got[0]), g.Answers)
		nobody := answers{Lookup: map[string]*answeredClient{g.Ask.Lookup[0]: nil}}
		compareAnswers(t, r.name+", with an empty cache,", got[1], nobody)
	})
}
