package wsconn_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/rollcall-go/rollcall/wsconn"
)

// When Shutdown returns, another server can have the port. Nobody else takes it from an
// address that is this process's own, where there are so many. It is not parallel: a
// process that another test starts has all descriptors for a moment, before it is what it
// is to be.
func TestPortIsFreeAfterShutdown(t *testing.T) {
	address := "127.0.0.1:0"
	if runtime.GOOS == "linux" {
		address = fmt.Sprintf("127.%d.%d.1:0", 1+os.Getpid()>>8&0x7f, os.Getpid()&0xff)
	}
	for range 100 {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		address = l.Addr().String()
		server := &wsconn.Server{Handler: newRecorder(t, echo)}
		complete(t, server)
		served := make(chan struct{})
		go func() {
			defer close(served)
			server.Serve(inMode(l))
		}()
		visit(t, address) // so it serves
		expectEmptyBooks(t, server)
		if err := server.Shutdown(context.Background()); err != nil {
			t.Fatalf("Shutdown returns %v", err)
		}
		again, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatalf("the port is not free: %v", err)
		}
		again.Close()
		<-served
	}
}

// inMode returns a listener as listen does.
func inMode(l net.Listener) net.Listener {
	if mode == modeBare {
		return l
	}
	return &keeper{Listener: l}
}
