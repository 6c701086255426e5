package wsconn_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/rollcall-go/rollcall/wsconn"
)

func TestSubprotocols(t *testing.T) {
	const field = "Sec-WebSocket-Protocol: "
	spoken := []string{"chat.v2", "chat.v1", "Chat.V3"}
	tests := []struct {
		name   string
		spoken []string
		lines  []string
		want   string
	}{
		{name: "none offered", spoken: spoken},
		{name: "none spoken", lines: []string{field + "chat.v1"}},
		{name: "none in common", spoken: spoken, lines: []string{field + "mqtt, stomp"}},
		{name: "the only one", spoken: spoken, lines: []string{field + "chat.v1"}, want: "chat.v1"},
		{name: "the client's first", spoken: spoken, lines: []string{field + "chat.v1, chat.v2"}, want: "chat.v1"},
		{name: "the first that is spoken", spoken: spoken, lines: []string{field + "mqtt,chat.v2 ,\tchat.v1"}, want: "chat.v2"},
		{name: "twice", spoken: spoken, lines: []string{field + "chat.v2, chat.v2"}, want: "chat.v2"},
		{name: "a part of a name", spoken: spoken, lines: []string{field + "chat, chat.v, chat.v10"}},
		{name: "upper case", spoken: spoken, lines: []string{field + "CHAT.V1, chat.v3"}},
		{name: "the last that is spoken", spoken: spoken, lines: []string{field + "Chat.V3"}, want: "Chat.V3"},
		{name: "two lines", spoken: spoken, lines: []string{field + "mqtt", "X-Between: 1", field + "stomp, chat.v1"}, want: "chat.v1"},
		{name: "two lines, the first decides", spoken: spoken, lines: []string{field + "mqtt, chat.v1", field + "chat.v2"}, want: "chat.v1"},
		{name: "two lines, none in common", spoken: spoken, lines: []string{field + "mqtt", field + "stomp"}},
		{name: "a field in lower case", spoken: spoken, lines: []string{"sec-websocket-protocol: chat.v1"}, want: "chat.v1"},
	}
	eachWay(t, func(t *testing.T, start startFunc) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				handler := newRecorder(t, echo)
				told := make(chan string, 1)
				handler.onOpen = func(c *wsconn.Conn) { told <- c.Subprotocol() }
				addr := start(t, &wsconn.Server{Handler: handler, Subprotocols: test.spoken})
				c := dial(t, addr)
				c.send([]byte(upgrade(addr).with(test.lines...).String()))
				response := c.response()
				if response.StatusCode != http.StatusSwitchingProtocols {
					t.Fatalf("the answer is %s, want 101", response.Status)
				}
				var want []string
				if test.want != "" {
					want = []string{test.want}
				}
				if got := response.Header.Values("Sec-WebSocket-Protocol"); !slices.Equal(got, want) {
					t.Errorf("the server chooses %q, want %q", got, want)
				}
				conn := receive(t, "OnOpen", handler.opened)
				c.expectEcho("hello")
				if got, told := conn.Subprotocol(), receive(t, "OnOpen", told); got != test.want || told != test.want {
					t.Errorf("Subprotocol is %q, in OnOpen %q, want %q", got, told, test.want)
				}
				c.leave()
				if got := conn.Subprotocol(); got != test.want {
					t.Errorf("after the end, Subprotocol is %q, want %q", got, test.want)
				}
			})
		}
	})
}

// A list that is none is a bad request: RFC 6455, section 4.2.2.
func TestMalformedSubprotocols(t *testing.T) {
	lists := []string{"", ",", "@", "a/b", "(chat)", "\"chat\"", "ch\xe4t"}
	eachWay(t, func(t *testing.T, start startFunc) {
		handler := newRecorder(t, echo)
		server := &wsconn.Server{Handler: handler, Subprotocols: []string{"chat.v1"}}
		addr := start(t, server)
		for _, list := range lists {
			c := dial(t, addr)
			c.send([]byte(upgrade(addr).with("Sec-WebSocket-Protocol: " + list).String()))
			if response := c.response(); response.StatusCode != http.StatusBadRequest {
				t.Errorf("to the list %q the answer is %s, want 400", list, response.Status)
			}
			c.nc.Close()
		}
		handler.expectNoCalls()
		expectNobody(t, server)
	})
}

// Serve reads the whole list before it chooses.
func TestMalformedRestOfSubprotocols(t *testing.T) {
	t.Parallel()
	handler := newRecorder(t, echo)
	addr := startServe(t, &wsconn.Server{Handler: handler, Subprotocols: []string{"chat.v1"}})
	for _, list := range []string{"chat.v1, @", "chat.v1, a b", "a b", "chat.v1; q=1", "chat.v1 chat.v1"} {
		c := dial(t, addr)
		c.send([]byte(upgrade(addr).with("Sec-WebSocket-Protocol: " + list).String()))
		if response := c.response(); response.StatusCode != http.StatusBadRequest {
			t.Errorf("to the list %q the answer is %s, want 400", list, response.Status)
		}
	}
	handler.expectNoCalls()
}
