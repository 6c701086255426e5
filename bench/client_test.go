package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

const goodUpgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + upgradeAccept + "\r\n\r\n"

func serverFrame(op ws.OpCode, payload string) string {
	return string(ws.MustCompileFrame(ws.NewFrame(op, true, []byte(payload))))
}

func textOf(number uint32) string { return string(appendText(nil, number)) }

// What a client hears, in pieces of any size, is judged in the same way.
func TestVoice(t *testing.T) {
	asks := client{stage: asking, number: 5, step: 10, left: 1}
	tests := map[string]struct {
		client client
		hears  string
		says   string
		done   bool
		fault  string // a part of the error
	}{
		"upgrade":              {client{stage: upgrading}, goodUpgrade, "", true, ""},
		"part of an upgrade":   {client{stage: upgrading}, goodUpgrade[:60], "", false, ""},
		"refusal":              {client{stage: upgrading}, "HTTP/1.1 403 Forbidden\r\n\r\n", "", false, "403"},
		"wrong key":            {client{stage: upgrading}, strings.Replace(goodUpgrade, upgradeAccept, "AAAA", 1), "", false, "AAAA"},
		"upgrade and a text":   {client{stage: upgrading}, goodUpgrade + serverFrame(ws.OpText, "hi"), "", false, "without being asked"},
		"upgrade and a ping":   {client{stage: upgrading}, goodUpgrade + serverFrame(ws.OpPing, "a"), string(appendClientFrame(nil, ws.OpPong, []byte("a"))), true, ""},
		"one echo of two":      {asks, serverFrame(ws.OpText, textOf(5)), string(new(dialect).question(nil, 15)), false, ""},
		"both echoes":          {client{stage: asking, number: 5}, serverFrame(ws.OpText, textOf(5)), "", true, ""},
		"echo behind a ping":   {client{stage: asking, number: 5}, serverFrame(ws.OpPing, "") + serverFrame(ws.OpText, textOf(5)), string(appendClientFrame(nil, ws.OpPong, nil)), true, ""},
		"echo of another":      {asks, serverFrame(ws.OpText, textOf(6)), "", false, "received"},
		"echo twice":           {client{stage: asking, number: 5}, strings.Repeat(serverFrame(ws.OpText, textOf(5)), 2), "", false, "without being asked"},
		"echo in parts":        {asks, "\x01\x02ab", "", false, "no whole"},
		"masked":               {asks, "\x81\x82ab", "", false, "no whole"},
		"huge":                 {asks, "\x81\x7f\x00\x00", "", false, "no whole"},
		"a word to the idle":   {client{}, serverFrame(ws.OpText, "hi"), "", false, "without being asked"},
		"goodbye":              {client{stage: leaving}, serverFrame(ws.OpClose, "\x03\xe9"), "", false, ""},
		"goodbye to the idle":  {client{}, serverFrame(ws.OpClose, "\x03\xe9"), "", false, "closes the connection"},
		"text to one who left": {client{stage: leaving}, serverFrame(ws.OpText, "hi"), "", false, "without being asked"},
		"pong":                 {client{}, serverFrame(ws.OpPong, "x"), "", false, ""},
	}
	for name, test := range tests {
		for _, size := range []int{1, 3, 1000} {
			t.Run(fmt.Sprint(name, " by ", size), func(t *testing.T) {
				says, done, err := hearAll(test.client, test.hears, size)
				fault := fmt.Sprint(err)
				switch {
				case test.fault == "" && err != nil, test.fault != "" && !strings.Contains(fault, test.fault):
					t.Errorf("error %v instead of %q", err, test.fault)
				case err == nil && (says != test.says || done != test.done):
					t.Errorf("says %q, done %v", says, done)
				}
			})
		}
	}
}

// hearAll lets a client hear something in pieces.
func hearAll(c client, hears string, size int) (says string, done bool, err error) {
	v := &voice{dialect: &dialect{}}
	for len(hears) > 0 {
		piece := hears[:min(size, len(hears))]
		hears = hears[len(piece):]
		out, got, err := v.hear(&c, []byte(piece), nil)
		if err != nil {
			return says, false, err
		}
		says, done = says+string(out), done || got
	}
	return says, done, nil
}

// A client of a server of its own dialect is there when its hello is answered.
func TestHello(t *testing.T) {
	v := &voice{dialect: &dialect{hello: "hi"}}
	c := &client{stage: upgrading}
	out, done, err := v.hear(c, []byte(goodUpgrade), nil)
	if string(out) != string(appendClientFrame(nil, ws.OpText, []byte("hi"))) || done || err != nil {
		t.Fatalf("after the upgrade: %q, %v, %v", out, done, err)
	}
	if out, done, err = v.hear(c, []byte(serverFrame(ws.OpText, "welcome")), nil); len(out) > 0 || !done || err != nil {
		t.Fatalf("after the answer: %q, %v, %v", out, done, err)
	}
}

func TestEnded(t *testing.T) {
	for c, want := range map[*client]error{
		{stage: leaving, goodbye: true}: nil,
		{stage: leaving}:                errNoGoodbye,
		{stage: asking, goodbye: true}:  errNoGoodbye,
		{}:                              errNoGoodbye,
	} {
		if got := c.ended(); got != want {
			t.Errorf("%+v: %v", *c, got)
		}
	}
}

// The active are spread over all.
func TestActiveOf(t *testing.T) {
	for _, test := range [][2]int{{1, 1}, {30, 20}, {2000, 1000}, {19_000, 1000}, {7, 7}} {
		n, active := test[0], test[1]
		seen := make(map[int]bool)
		for _, i := range activeOf(n, active) {
			if i < 0 || i >= n || seen[i] {
				t.Errorf("%d of %d: %d", active, n, i)
			}
			seen[i] = true
		}
		if len(seen) != active || !seen[(active-1)*n/active] {
			t.Errorf("%d of %d are %v", active, n, seen)
		}
	}
}
