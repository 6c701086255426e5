package decorator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-go/rollcall/clientstorage"
)

// probe tries out whether d keeps a value, replaces it and forgets it.
func probe(ctx context.Context, d clientstorage.Driver) error {
	key := "rollcall-probe:" + rand.Text()
	for _, value := range []string{"first", "second"} {
		if err := d.Save(ctx, key, []byte(value), time.Minute); err != nil {
			return err
		}
		got, err := d.Fetch(ctx, key)
		if errors.Is(err, clientstorage.ErrNotFound) {
			return errors.New("it lost a value that it had just been given")
		}
		if err != nil {
			return err
		}
		if string(got) != value {
			return fmt.Errorf("it returned another value than the %s that it was given", value)
		}
	}
	if err := d.Delete(ctx, key); err != nil {
		return err
	}
	if _, err := d.Fetch(ctx, key); !errors.Is(err, clientstorage.ErrNotFound) {
		return errors.New("it still has a value that it was told to delete")
	}
	return nil
}
