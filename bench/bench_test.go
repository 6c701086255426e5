package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// TestMain lets the test binary be its own child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == serveCommand {
		os.Exit(serveChild(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == nodeCommand {
		os.Exit(nodeChild(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// small returns a run that is over soon.
func small(pattern string) *run {
	return &run{
		clients: 150, rounds: 1, seed: 1, storageBudget: 10 * time.Millisecond, echoes: 1,
		cluster: clusterSetup{
			clients: 200, nodes: 3, lease: 3 * time.Second, settle: 100 * time.Millisecond,
			window: 1500 * time.Millisecond, asking: 20 * time.Millisecond, kills: 2,
		},
		questions: selectQuestions(regexp.MustCompile(pattern)), progress: io.Discard,
	}
}

// Every subject answers every question of its kind, the answers are printed, and
// the files can be read.
func TestEverything(t *testing.T) {
	t.Parallel()
	checkAnswers(t, "^(storage|sockets|sessions)/")
}

// A server that fails in the middle is measured again, and only the second time
// counts.
func TestFailingOnce(t *testing.T) {
	t.Parallel()
	r := small("^sockets/")
	r.roundNumber, r.samples = 1, make(map[answerKey][]sample)
	s, _ := socketSubject(socketBaseline)
	var heard atomic.Int64
	s.dialect.answered = func(dst []byte, _ uint32, text []byte) []byte {
		if heard.Add(1) == int64(r.clients+3*min(r.clients, warmUp)) {
			return append(dst, "something else"...)
		}
		return append(dst, text...)
	}
	res := &results{}
	rest, err := r.round(t.Context(), []subject{s}, res)
	if err != nil || len(rest) != 1 {
		t.Errorf("error %v, to go on with %q", err, names(rest))
	}
	if len(res.notes) != 1 || !strings.HasPrefix(res.notes[0], "measured again: "+socketBaseline+", round 1: echo: ") {
		t.Errorf("notes %q", res.notes)
	}
	for _, q := range r.questions {
		got := r.samples[answerKey{q.name, s.name}]
		if want := q.unit != unitBytes || canMeasureMemory; len(got) > 1 || len(got) == 1 != want {
			t.Errorf("%s has %d samples", q.name, len(got))
		}
	}
	if got := r.samples[answerKey{askGoroutines, s.name}][0].value; math.Abs(got-float64(r.clients)) > 5 {
		t.Errorf("%d clients have %v goroutines", r.clients, got)
	}
}

// A server that always fails makes the run fail, and it says which.
func TestFailing(t *testing.T) {
	r := small("^sockets/leave$")
	_, err := r.round(t.Context(), []subject{{name: "no such server", sockets: func() socketServer { return nil }}}, &results{})
	if err == nil || !strings.Contains(err.Error(), "no such server") {
		t.Errorf("error %v", err)
	}
}

// Most of what the cluster questions take is waiting, so they are asked beside
// the others.
func TestCluster(t *testing.T) {
	t.Parallel()
	testserver.Lookup(t, "redis-benchmark", "redis-tools")
	checkAnswers(t, "^cluster/")
}

func checkAnswers(t *testing.T, pattern string) {
	t.Helper()
	r := small(pattern)
	res, err := r.do(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, note := range res.notes {
		t.Log(note)
	}
	if len(res.skipped) > 0 && os.Getenv(testserver.Required) != "" {
		t.Fatalf("%q were skipped, but servers are required", res.skipped)
	}
	for _, a := range res.answers {
		if a.question.name == askGoroutines && a.subject == socketBaseline && math.Abs(a.value-float64(a.clients)) > 5 {
			t.Errorf("%d clients of %s have %v goroutines", a.clients, a.subject, a.value)
		}
		if a.question.unit == unitBytes || a.question.unit == unitRoutines {
			continue // of so few clients nothing can be said, and no goroutine is right
		}
		if a.value <= 0 || a.low > a.value || a.high < a.value || a.allocs < 0 {
			t.Errorf("%s, %s: impossible answer: %+v", a.question.name, a.subject, a)
		}
		if math.IsNaN(a.ratio) && a.question.baseline != "" {
			t.Errorf("%s, %s: no ratio", a.question.name, a.subject)
		}
	}
	checkComplete(t, r.questions, res)
	checkFiles(t, res)

	var table bytes.Buffer
	printResults(&table, res)
	for _, q := range r.questions {
		if !strings.Contains(table.String(), "\n"+q.name+": ") {
			t.Errorf("%s is not in the table", q.name)
		}
	}
}

// checkComplete checks that each question has as many answers as it should.
func checkComplete(t *testing.T, asked []question, res *results) {
	t.Helper()
	got := make(map[string]int)
	for _, a := range res.answers {
		got[a.question.name]++
	}
	for _, q := range asked {
		want := 0
		for _, s := range subjects {
			if s.isAsked(q) && !slices.Contains(res.skipped, s.name) {
				want++
			}
		}
		switch {
		case (q.name == askIdle || q.name == askLeft) && !canMeasureMemory:
			want = 0
		case q.name == askForeign && got[q.name] > 0:
			continue // not every subject has something that is foreign
		}
		if got[q.name] != want {
			t.Errorf("%s has %d answers instead of %d", q.name, got[q.name], want)
		}
	}
}

func checkFiles(t *testing.T, res *results) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
	if err := writeFiles(dir, res); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got []row
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatalf("results.json: %v", err)
	}
	if len(got) < len(res.answers) {
		t.Errorf("results.json has %d rows for %d answers", len(got), len(res.answers))
	}
	for _, r := range got {
		// A lookup may well allocate nothing, and who writes need not read. Of the
		// memory of so few clients nothing can be said.
		extra := r.Unit == unitAllocs || r.Unit == unitRoutines || strings.HasPrefix(r.Question, "cluster/") && r.Unit != unitPerSecond
		if r.Unit != unitBytes && (r.Value < 0 || r.Value == 0 && !extra) && r.Question != askHeap || r.N < 1 || r.Question == "" || r.Subject == "" || r.Unit == "" {
			t.Errorf("results.json: impossible row %+v", r)
		}
	}
	picture, err := os.ReadFile(filepath.Join(dir, "results.svg"))
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(picture, new(struct{})); err != nil {
		t.Errorf("results.svg: %v", err)
	}
}

// Without redis its subjects are left out, and the others are measured.
func TestMissingServer(t *testing.T) {
	t.Setenv("PATH", "")
	res, err := small("^storage/attach$").do(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	said := slices.ContainsFunc(res.notes, func(note string) bool {
		return strings.HasPrefix(note, "skipped: rollcall redis: ") && strings.Contains(note, "apt-get install redis-server")
	})
	if !said || len(res.skipped) < 2 || len(res.answers) < 3 {
		t.Errorf("%q skipped, %d answers, notes %q", res.skipped, len(res.answers), res.notes)
	}
}

// A run that is given up ends at once, in the middle of a server's life too.
func TestInterrupt(t *testing.T) {
	r := small("^sockets/")
	r.rounds = 1000
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := r.do(ctx); err == nil {
		t.Error("no error")
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestCommandLine(t *testing.T) {
	for _, args := range []string{"-n -1", "-rounds 0", "-run (", "-run nothing", "more", "-bogus", "-subjects (", "-run sockets -subjects nobody"} {
		if err := command(t.Context(), strings.Fields(args), io.Discard, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}

func TestSelectQuestions(t *testing.T) {
	for pattern, want := range map[string]string{
		"echo|leave":  "sockets/echo sockets/leave",
		"foreign":     "storage/lookup storage/lookup-foreign", // the first has its baseline
		"idle-bytes":  "sockets/idle-bytes",
		"no question": "",
	} {
		var got []string
		for _, q := range selectQuestions(regexp.MustCompile(pattern)) {
			got = append(got, q.name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q selects %q instead of %q", pattern, got, want)
		}
	}
}

func TestSelectSubjects(t *testing.T) {
	r := small("^sockets/leave$")
	r.whom = regexp.MustCompile("^gws")
	if got := names(r.asked()); got != "gws, gws net/http" {
		t.Errorf("the subjects are %q", got)
	}
}

func TestMedian(t *testing.T) {
	samples := []sample{{value: 9}, {value: 1}, {value: 2}, {value: 4}}
	values := column(samples, func(s sample) float64 { return s.value })
	if got := median(values); got != 3 {
		t.Errorf("the median of four is %v", got)
	}
	if got := median(values[:3]); got != 2 {
		t.Errorf("the median of three is %v", got)
	}
}
