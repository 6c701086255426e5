package main

import (
	"context"
	"sync/atomic"
)

// A fleet is many clients of one server, which all do the same thing at a time. Its
// methods are called one after the other.
type fleet interface {
	// connect opens n connections.
	connect(ctx context.Context, n int) error
	// echo has some of the clients, spread over all of them, send texts, a number
	// of times each, and as many of them at once as the window says. Each waits for
	// the answer, compares it, and sends the next. No two texts of a call are alike.
	echo(ctx context.Context, active, window, times int) error
	// leave closes every connection in the way of the protocol, as a browser does
	// when the page is left: with 1001, and the server ends the TCP connection.
	leave(ctx context.Context) error
	// drop closes what is open, without a word, as when a program is killed.
	drop()
}

// fleetWindow is how many clients connect or leave at once.
const fleetWindow = 256

// mostActive is how many clients send texts at once in sockets/echo.
const mostActive = 1000

// maxSockets is how many clients a fleet may have: each takes a file here, and
// one in the server's process, which has the same limit.
func maxSockets() int { return max(1, fdLimit()-200) }

const whyMaxSockets = "each takes an open file (see ulimit -n)"

// source returns where the next connection is to come from: 127.0.1.1 and so on,
// so that none runs out of ports, the ones that wait for old packets included.
func source() [4]byte {
	i := sources.Add(1) / 256 // connections from each address
	return [4]byte{127, 0, byte(1 + i/250%250), byte(1 + i%250)}
}

var sources atomic.Uint32

// activeOf returns which of n clients are the active ones.
func activeOf(n, active int) []int {
	chosen := make([]int, active)
	for i := range chosen {
		chosen[i] = i * n / active
	}
	return chosen
}
