package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// caveats are printed under every table, so that the numbers do not travel
// without them.
var caveats = []string{
	"Differences below about 25 % are not resolved on a shared machine.",
	"cpu is user and system time of this process (storage) or of the server's process (sockets), with its garbage collection; rate is speed as a ratio; the load comes from the same machine, so only multiples mean anything there.",
	"The redis rows are dominated by a network round trip. Their cpu is that of this process; what redis-server and the wire take shows in rate only. A process that waits for each answer pays for waking up, so they vary by a factor of two and more.",
	"sync.Map keeps a value under a name and does no more: no ids that are never used again, no index by user, no count, no pages, nothing that another process sees.",
	"redis by hand has one key per client: no list of clients, no index by user, and the clients of a killed node stay for the key's TTL.",
	"rollcall looks up a clientstorage.ID; reading one from text is not included.",
}

// printResults prints a table for each question.
func printResults(w io.Writer, res *results) {
	for i, a := range res.answers {
		if i == 0 || res.answers[i-1].question.name != a.question.name {
			printHead(w, a)
		}
		printRow(w, a)
	}
	fmt.Fprintln(w)
	notes := append(res.notes, caveats...)
	if slices.ContainsFunc(res.answers, func(a answer) bool { return a.question.kind() == kindCluster }) {
		notes = append(notes, clusterCaveats...)
	}
	if slices.ContainsFunc(res.answers, func(a answer) bool { return a.question.kind() == kindSockets }) {
		notes = append(notes, socketCaveats...)
	}
	for _, note := range notes {
		fmt.Fprintln(w, "-", note)
	}
}

func printHead(w io.Writer, a answer) {
	q := a.question
	fmt.Fprintf(w, "\n%s: %s\n%d clients, ", q.name, q.about, a.clients)
	if a.rounds > 1 {
		fmt.Fprintf(w, "median of %d rounds (min-max)", a.rounds)
	} else {
		fmt.Fprint(w, "measured once")
	}
	if q.baseline != "" {
		fmt.Fprintf(w, ", ratios to %s", q.reference())
	}
	fmt.Fprintln(w)
	columns := fmt.Sprintf("%-20s %10s %17s %8s", "subject", q.unit, "min-max", "ratio")
	if q.inProcess() {
		columns += fmt.Sprintf(" %10s", unitAllocs)
	}
	if a.wall != 0 {
		columns += fmt.Sprintf(" %8s", "rate")
	}
	for _, unit := range q.details {
		columns += fmt.Sprintf(" %*s", detailWidth(unit), unit)
	}
	fmt.Fprintf(w, "%s\n%s\n", columns, strings.Repeat("-", len(columns)))
}

func printRow(w io.Writer, a answer) {
	fmt.Fprintf(w, "%-20s %10s %17s %8s", a.subject, number(a.value), number(a.low)+"-"+number(a.high), number(a.ratio))
	if a.question.inProcess() {
		fmt.Fprintf(w, " %10.1f", a.allocs)
	}
	if a.wall != 0 {
		fmt.Fprintf(w, " %8s", number(a.rate))
	}
	for i, unit := range a.question.details {
		fmt.Fprintf(w, " %*s", detailWidth(unit), number(a.details[i]))
	}
	fmt.Fprintln(w)
}

func detailWidth(unit string) int { return max(9, len(unit)) }

// number writes about three digits, which is more than can be relied on.
func number(v float64) string {
	switch abs := math.Abs(v); {
	case math.IsNaN(v):
		return "-"
	case abs >= 100:
		return fmt.Sprintf("%.0f", v)
	case abs >= 10:
		return fmt.Sprintf("%.1f", v)
	case abs >= 0.1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.2g", v)
	}
}
