package clientstorage

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"
)

// A MemoryDriver is a [Driver] that keeps everything in this process. Several
// storages that share one see each other's clients as they would through a
// cache, which makes it the cache of tests. The zero value is ready for use.
//
// It starts no goroutine: it drops expired keys when they are asked for, and
// now and then when others are saved.
type MemoryDriver struct {
	mu     sync.Mutex
	values map[string]memoryValue
	// sweepAt is the number of keys at which Save looks for expired ones. It
	// doubles with the live keys, so sweeping costs each Save O(1).
	sweepAt int
}

type memoryValue struct {
	bytes   []byte
	expires time.Time
}

var _ Driver = (*MemoryDriver)(nil)

const minSweep = 1024

// Fetch implements [Driver].
func (d *MemoryDriver) Fetch(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.values[key]
	if !ok {
		return nil, ErrNotFound
	}
	if !time.Now().Before(v.expires) {
		delete(d.values, key)
		return nil, ErrNotFound
	}
	return bytes.Clone(v.bytes), nil
}

// Save implements [Driver].
func (d *MemoryDriver) Save(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if ttl <= 0 {
		return errors.New("clientstorage: save: the ttl must be positive")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if d.values == nil {
		d.values = make(map[string]memoryValue)
	}
	// An empty value must come back as one, not as nil.
	d.values[key] = memoryValue{append([]byte{}, value...), now.Add(ttl)}
	if len(d.values) >= max(d.sweepAt, minSweep) {
		d.sweep(now)
	}
	return nil
}

func (d *MemoryDriver) sweep(now time.Time) {
	for key, v := range d.values {
		if !now.Before(v.expires) {
			delete(d.values, key)
		}
	}
	d.sweepAt = 2 * len(d.values)
}

// Delete implements [Driver].
func (d *MemoryDriver) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.values, key)
	return nil
}
