package gorillasession_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/gorillasession"
	_ "github.com/rollcall-go/rollcall/session/redisstore"
)

// Sessions in a real Redis, as boj/redistore lays them out.
func TestRedis(t *testing.T) {
	address := testserver.Redis(t)
	client := redis.NewClient(&redis.Options{Addr: address})
	defer client.Close()
	values := make(map[any]any)
	signIn(values)
	if err := client.Set(t.Context(), "session_"+sid, gobOf(t, values), time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	sessions, err := session.Open("redis://"+address+"?prefix=session_", &session.Options{Decode: gorillasession.Decode})
	if err != nil {
		t.Fatal(err)
	}
	defer sessions.Close()
	cookie := gorillasession.Cookie("mysite", securecookie.CodecsFromPairs(hashKey, blockKey)...)
	id, err := cookie.ID("mysite=" + encode(t, "mysite", sid, hashKey, blockKey))
	if err != nil {
		t.Fatal(err)
	}
	s, err := sessions.Read(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	user, _ := s.String("user")
	name, _ := s.Lookup("profile", "Name")
	if user != "alice" || s.Values["id"] != int64(42) || s.Values["custom"] != true || name != "Alice" || len(s.Values) != 6 {
		t.Errorf("%#v", s.Values)
	}
	if ttl := client.TTL(t.Context(), "session_"+sid).Val(); ttl > time.Hour || ttl < 59*time.Minute {
		t.Errorf("the session lives %v", ttl)
	}
	if _, err := sessions.Read(t.Context(), strings.Repeat("A", 52)); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("another id: %v", err)
	}
	if err := client.Del(t.Context(), "session_"+sid).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := sessions.Read(t.Context(), id); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("after signing out: %v", err)
	}
}
