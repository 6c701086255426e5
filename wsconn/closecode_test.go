package wsconn_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"github.com/rollcall-go/rollcall/wsconn"
)

// Codes that may be in a close frame come back; others are a violation: RFC
// 6455, section 7.4, and IANA's registry.
func TestCloseCodes(t *testing.T) {
	good := []ws.StatusCode{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}
	bad := []ws.StatusCode{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: never}}
		addr := start(t, server)
		for _, code := range good {
			t.Run(fmt.Sprint(code), func(t *testing.T) {
				c := connect(t, addr)
				c.send(closing(code, "adieu, ma chérie"))
				c.expectClose(code)
				c.expectEnd()
				handler.expectClosed(wsconn.CloseError{Code: code, Reason: "adieu, ma chérie"})
				expectNobody(t, server)
			})
		}
		for _, code := range bad {
			t.Run(fmt.Sprint(code), func(t *testing.T) {
				c := connect(t, addr)
				c.send(closing(code, ""))
				reason := c.expectClose(ws.StatusProtocolError)
				c.expectEnd()
				handler.expectClosed(wsconn.CloseError{Code: ws.StatusProtocolError, Reason: reason})
				expectNobody(t, server)
			})
		}
	})
}

func TestCloseFrames(t *testing.T) {
	longest := strings.Repeat("x", 123)
	tests := []struct {
		name   string
		frame  []byte
		answer ws.StatusCode // 0 for an empty frame
		told   wsconn.CloseError
	}{
		{"empty", masked(finClose, nil), 0, wsconn.CloseError{Code: ws.StatusNoStatusRcvd}},
		{"longest reason", closing(1000, longest), 1000, wsconn.CloseError{Code: 1000, Reason: longest}},
		{"one byte", masked(finClose, []byte{3}), 1002, wsconn.CloseError{}},
		{"reason is not UTF-8", closing(1000, "a\xff"), 1007, wsconn.CloseError{}},
		{"reason is cut", closing(1000, "a\xe2\x82"), 1007, wsconn.CloseError{}},
		{"inside a message", append(masked(ws.OpText, []byte("a")), closing(1001, "")...), 1001, wsconn.CloseError{Code: 1001}},
		{"more after it", append(closing(1000, ""), masked(finText, []byte("too late"))...), 1000, wsconn.CloseError{Code: 1000}},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Limits: wsconn.Limits{CloseTimeout: never}}
		addr := start(t, server)
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				c := connect(t, addr)
				c.send(test.frame)
				if test.answer == 0 {
					c.expect(ws.OpClose, nil)
				} else {
					reason := c.expectClose(test.answer)
					if test.told.Code == 0 { // the server's own words
						test.told = wsconn.CloseError{Code: test.answer, Reason: reason}
					}
				}
				c.expectEnd()
				handler.expectClosed(test.told)
				if n := handler.messages.Load(); n != 0 {
					t.Errorf("OnMessage was called %d times", n)
				}
				expectNobody(t, server)
			})
		}
	})
}
