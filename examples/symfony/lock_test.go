package main

import (
	"bufio"
	"context"
	"io"
	"strings"
)

// While PHP works on a session, with the lock that most handlers have, the
// session is read all the same, as it was before.
func noLock(w *world) {
	v := w.login("", "alice")
	who := w.whoami(v, "")
	if w.locked != nil && w.locked(v.SessionID()) {
		w.Fatal("the session is locked, although the website does nothing")
	}
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	page, err := v.Open(ctx, "/slow?s=30")
	w.must(err)
	defer page.Close()
	text := bufio.NewReader(page)
	if line, err := text.ReadString('\n'); err != nil || line != "the session is open\n" {
		w.Fatalf("the page begins with %q, %v", line, err)
	}
	ended := make(chan string, 1)
	go func() {
		rest, _ := io.ReadAll(text)
		ended <- string(rest)
	}()

	if w.locked != nil && !w.locked(v.SessionID()) {
		w.Error("PHP has not locked the session")
	}
	w.is(w.tabOf(v).next(), who)
	select {
	case rest := <-ended:
		w.Errorf("PHP's request was over before the socket was open: %q", rest)
	default:
	}
	cancel()
	if rest := <-ended; strings.Contains(rest, "done") {
		w.Error("PHP's request was over before it was cancelled")
	}
	w.is(w.tabOf(v).next(), w.whoami(v, "")) // and after it
}
