// Command bench measures Rollcall beside what people would use instead: what it
// costs a server to attach, look up and detach a client, and to hold a socket.
//
//	go -C bench run . -run storage -n 5000
//
// Everything is measured interleaved in one run and printed with its ratio to a
// baseline, because on a shared machine only that can be compared.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

// maxRun bounds a whole run, however large its -n.
const maxRun = 40 * time.Minute

func main() {
	if len(os.Args) > 1 && os.Args[1] == serveCommand {
		os.Exit(serveChild(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == nodeCommand {
		os.Exit(nodeChild(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	interrupted := context.Cause(ctx)
	cancel()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case interrupted != nil:
		fmt.Fprintln(os.Stderr, "bench: stopped:", interrupted)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// command is the program without the process around it.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	pattern := flags.String("run", "", "only questions whose name matches this `regexp`")
	who := flags.String("subjects", "", "only subjects whose name matches this `regexp`, and without the baseline no ratios")
	n := flags.Int("n", 0, "number of clients; 0 is 2000, and 20000 in the cluster questions and for heap")
	rounds := flags.Int("rounds", 5, "rounds; each measures every subject once, in a new order")
	seed := flags.Uint64("seed", 0, "seed of the order; 0 draws one")
	out := flags.String("out", "", "folder for results.json and results.svg")
	if err := flags.Parse(args); err != nil {
		return err
	}
	selected, err := regexp.Compile(*pattern)
	if err != nil {
		return err
	}
	whom, err := regexp.Compile(*who)
	switch {
	case err != nil:
		return err
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case *n < 0 || *rounds < 1:
		return errors.New("-n must not be negative, and -rounds at least 1")
	}
	setup := clusterDefaults
	setup.clients = cmp.Or(*n, setup.clients)
	r := &run{
		clients: cmp.Or(*n, 2000), rounds: *rounds, seed: cmp.Or(*seed, rand.Uint64()),
		storageBudget: 300 * time.Millisecond, echoes: 100, cluster: setup,
		questions: selectQuestions(selected), whom: whom, progress: stderr,
	}
	if len(r.questions) == 0 {
		return fmt.Errorf("no question matches %q; there are: %s", *pattern, questionNames())
	}
	if due := r.asked(); len(due) == 0 {
		return fmt.Errorf("no subject matches %q; there are: %s", *who, names(subjects))
	}
	describeMachine(ctx, stdout)
	fmt.Fprintf(stdout, "clients %d (cluster %d), rounds %d, seed %d\n", r.clients, setup.clients, r.rounds, r.seed)
	results, err := r.do(ctx)
	if err != nil {
		return err
	}
	printResults(stdout, results)
	if *out == "" {
		return nil
	}
	return writeFiles(*out, results)
}
