package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/gobwas/ws"
)

// A stage is what a client waits for.
type stage uint8

const (
	idling    stage = iota // for nothing
	upgrading              // the answer to its request
	greeting               // the answer to its hello
	asking                 // the text it sent
	leaving                // the close frame, and then the end of the connection
)

// A client is what one client of a fleet has to remember.
type client struct {
	stage   stage
	goodbye bool   // the close frame came
	number  uint32 // of the text it waits for
	left    int32  // how many texts it sends after that
	step    uint32 // from one number to the next
	partial []byte // what came of something that was not all there
}

// A voice makes what clients say and judges what they hear, for all clients of a
// fleet, one at a time.
type voice struct {
	dialect *dialect
	want    []byte // scratch
}

// hear takes what a client received in, and appends to out what it says to that at
// once. It reports whether the client has got what it waited for.
func (v *voice) hear(c *client, in, out []byte) (says []byte, done bool, err error) {
	if len(c.partial) > 0 {
		c.partial = append(c.partial, in...)
		in = c.partial
	}
	rest := in
	for len(rest) > 0 {
		var whole, got bool
		if c.stage == upgrading {
			if rest, whole, err = checkUpgrade(rest); whole {
				out, got = v.upgraded(c, out)
			}
		} else {
			var op ws.OpCode
			var payload []byte
			if op, payload, rest, whole, err = cutServerFrame(rest); whole {
				out, got, err = v.frame(c, op, payload, out)
			}
		}
		if err != nil {
			return out, false, err
		}
		if !whole {
			break
		}
		done = done || got
	}
	c.partial = nil
	if len(rest) > 0 {
		c.partial = bytes.Clone(rest)
	}
	return out, done, nil
}

func (v *voice) upgraded(c *client, out []byte) (says []byte, done bool) {
	if v.dialect.hello == "" {
		c.stage = idling
		return out, true
	}
	c.stage = greeting
	return appendClientFrame(out, ws.OpText, []byte(v.dialect.hello)), false
}

// frame takes one frame in.
func (v *voice) frame(c *client, op ws.OpCode, payload, out []byte) (says []byte, done bool, err error) {
	switch {
	case op == ws.OpPing:
		return appendClientFrame(out, ws.OpPong, payload), false, nil
	case op == ws.OpPong:
		return out, false, nil
	case op == ws.OpClose && c.stage == leaving:
		c.goodbye = true
		return out, false, nil // the end is still to come
	case op == ws.OpClose:
		return out, false, fmt.Errorf("the server closes the connection: %q", payload)
	case c.stage == greeting:
		c.stage = idling
		return out, true, nil
	case c.stage != asking:
		return out, false, fmt.Errorf("the server says %q without being asked", payload)
	}
	if v.want = v.dialect.answer(v.want[:0], c.number); !bytes.Equal(payload, v.want) {
		return out, false, fmt.Errorf("echo: sent %q and received %q", v.want, payload)
	}
	if c.left == 0 {
		c.stage = idling
		return out, true, nil
	}
	c.left--
	c.number += c.step
	return v.dialect.question(out, c.number), false, nil
}

var errNoGoodbye = errors.New("the server ends the connection without a close frame")

// ended takes in that the server has ended the connection.
func (c *client) ended() error {
	if c.stage != leaving || !c.goodbye {
		return errNoGoodbye
	}
	return nil
}

// ask appends the first of a number of texts, and leave what a browser sends when
// its page is left.
func (v *voice) ask(c *client, number, step uint32, times int, out []byte) []byte {
	c.stage, c.number, c.step, c.left = asking, number, step, int32(times-1)
	return v.dialect.question(out, number)
}

func (v *voice) leave(c *client, out []byte) []byte {
	c.stage = leaving
	return appendClientFrame(out, ws.OpClose, ws.NewCloseFrameBody(ws.StatusGoingAway, ""))
}
