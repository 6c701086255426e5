package memcachedstore_test

import (
	"context"
	"fmt"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/memcachedstore"
)

// A website with two servers, as its config/packages/framework.yaml has them.
func Example() {
	sessions, err := session.Open("memcached://cache1:11211/2?host[cache2:11211]=1&prefix=shop_", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sessions.Close()
	_, err = session.Open("memcached://website:secret@cache1", nil)
	fmt.Println(err)
	// Output: memcachedstore: the data source name has a user before the @: signing in (SASL) is not supported
}

// A website without Symfony has session.save_handler = memcached and
// session.save_path = "cache1:11211,cache2:11211" in its php.ini.
func ExampleNew() {
	store, err := memcachedstore.New([]memcachedstore.Server{{Addr: "cache1:11211"}, {Addr: "cache2:11211"}}, &memcachedstore.Options{Native: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	sessions := session.New(store, nil)
	defer sessions.Close()
	s, err := sessions.Read(context.Background(), "k4pr0v1mq8s2t6u3abcdefghij")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.String("user"))
}
