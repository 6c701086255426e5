package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// serveCommand is the argument that makes this program a child: one server of
// one subject, whose process does nothing else, so that what the process costs
// is what the server costs.
const serveCommand = "serve"

// What a child is asked on its standard input, a word a line, and answers on its
// standard output, a number a line. Its first line is its address.
const (
	askCPU      = "cpu"      // nanoseconds so far
	askCount    = "count"    // clients it remembers
	askResident = "resident" // bytes of memory, after a garbage collection

	askGoroutineCount = "goroutines"
)

// serveChild is the program of the child. It ends with its standard input.
func serveChild(args []string) int {
	signal.Ignore(os.Interrupt) // a terminal sends it to the children, too; the parent decides
	s, ok := socketSubject(strings.Join(args, " "))
	if !ok {
		fmt.Fprintf(os.Stderr, "bench: no server %q\n", args)
		return 1
	}
	addr, err := freeAddr()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	server := s.sockets()
	failed := make(chan error, 1)
	go func() { failed <- server.serve(addr) }()
	asked := make(chan error, 1)
	go func() {
		fmt.Println(addr)
		asked <- answerParent(server, os.Stdin, os.Stdout)
	}()
	select {
	case err = <-failed:
	case err = <-asked:
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %s: %v\n", s.name, err)
		return 1
	}
	return 0
}

// answerParent answers until there are no more questions.
func answerParent(server socketServer, r io.Reader, w io.Writer) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		n, err := answerOne(server, lines.Text())
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, n); err != nil {
			return err
		}
	}
	return lines.Err()
}

func answerOne(server socketServer, asked string) (int64, error) {
	switch asked {
	case askCPU:
		cpu, err := cpuTime()
		return cpu.Nanoseconds(), err
	case askCount:
		return int64(server.count()), nil
	case askResident:
		// Pools keep what they hold for one collection, so it takes two.
		debug.FreeOSMemory()
		debug.FreeOSMemory()
		return residentBytes()
	case askGoroutineCount:
		return int64(runtime.NumGoroutine()), nil
	default:
		return 0, fmt.Errorf("asked for %q", asked)
	}
}

// freeAddr returns a loopback address that nobody listened on a moment ago. Not
// every server can be handed a listener, so all of them get an address.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// serveHTTP is for the subjects behind net/http, with TLS or nil. It gives clients
// five seconds for their request, as wsconn does by itself, and says nothing of
// clients that have gone.
func serveHTTP(addr string, handler http.Handler, secure *tls.Config) error {
	server := &http.Server{
		Addr: addr, Handler: handler, TLSConfig: secure, ReadHeaderTimeout: 5 * time.Second,
		ErrorLog: log.New(io.Discard, "", 0),
	}
	if secure != nil {
		return server.ListenAndServeTLS("", "") // the certificate is in the configuration
	}
	return server.ListenAndServe()
}
