package decorator_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
	"github.com/rollcall-go/rollcall/clientstorage/drivertest"
	"github.com/rollcall-go/rollcall/decorator"
)

// Two prefixes, and no prefix, hold different things under the same keys.
func TestPrefixesApart(t *testing.T) {
	ctx := t.Context()
	backend := new(clientstorage.MemoryDriver)
	drivers := map[string]clientstorage.Driver{
		"":   backend,
		"a:": decorator.Prefix(backend, "a:"),
		"b:": decorator.Prefix(backend, "b:"),
	}
	for prefix, d := range drivers {
		for _, key := range []string{"key", "", ":key"} {
			if err := d.Save(ctx, key, []byte(prefix+key), time.Minute); err != nil {
				t.Fatal(err)
			}
		}
	}
	for prefix, d := range drivers {
		for _, key := range []string{"key", "", ":key"} {
			if value, err := d.Fetch(ctx, key); err != nil || string(value) != prefix+key {
				t.Errorf("key %q under %q: %q, %v", key, prefix, value, err)
			}
		}
	}
	if err := drivers["a:"].Delete(ctx, "key"); err != nil {
		t.Fatal(err)
	}
	if _, err := drivers["a:"].Fetch(ctx, "key"); !errors.Is(err, clientstorage.ErrNotFound) {
		t.Errorf("after Delete: %v", err)
	}
	if value, err := drivers["b:"].Fetch(ctx, "key"); err != nil {
		t.Errorf("Delete under a: touched b: %q, %v", value, err)
	}
	if value, err := backend.Fetch(ctx, "a::key"); string(value) != "a::key" {
		t.Errorf("the key in the backend is not prefix and key: %q, %v", value, err)
	}
}

// The prefix is concatenated, so one that begins another is not apart from it.
// The documentation says so, and this holds it to that.
func TestPrefixWithinPrefix(t *testing.T) {
	ctx := t.Context()
	backend := new(clientstorage.MemoryDriver)
	short, long := decorator.Prefix(backend, "a"), decorator.Prefix(backend, "ab:")
	if err := short.Save(ctx, "b:x", []byte("value"), time.Minute); err != nil {
		t.Fatal(err)
	}
	if value, err := long.Fetch(ctx, "x"); err != nil || string(value) != "value" {
		t.Errorf("Fetch: %q, %v", value, err)
	}
}

// The suite passes under one prefix, and what is under another stays untouched.
func TestPrefixesUnderSuite(t *testing.T) {
	drivertest.RunInBubble(t, func(t *testing.T) clientstorage.Driver {
		backend := new(clientstorage.MemoryDriver)
		bystander := decorator.Prefix(backend, "b:")
		mustSave(t, bystander, "key", "mine")
		t.Cleanup(func() {
			if value, err := bystander.Fetch(context.Background(), "key"); err != nil || string(value) != "mine" {
				t.Errorf("the bystander's value: %q, %v", value, err)
			}
		})
		return decorator.Prefix(backend, "a:")
	})
}
