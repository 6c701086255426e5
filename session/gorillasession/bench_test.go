package gorillasession_test

import (
	"testing"

	"github.com/gorilla/sessions"

	"github.com/rollcall-go/rollcall/session/gorillasession"
)

func BenchmarkDecode(b *testing.B) {
	values := make(map[any]any)
	signIn(values)
	data := gobOf(b, values)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gorillasession.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadCookie(b *testing.B) {
	h := gorillasession.New(sessions.NewCookieStore(hashKey, blockKey), "s")
	value := encode(b, "s", map[any]any{"user": "alice", "id": 42}, hashKey, blockKey)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Read(b.Context(), value); err != nil {
			b.Fatal(err)
		}
	}
}
