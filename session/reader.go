package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-go/rollcall/session/php"
)

// Options configure a [Reader]. Nil means the defaults. The functions may be
// called concurrently; a panic of one makes that session unreadable.
type Options struct {
	// Unwrap undoes what the website does to the bytes before it stores them,
	// such as Symfony's marshallers: see package marshaller. By default nothing
	// is undone.
	Unwrap func(data []byte, max int) ([]byte, error)

	// Decode makes values of the bytes. It defaults to php.Decode, which knows
	// PHP's session.serialize_handler php, php_binary, php_serialize and igbinary
	// from one another. The values may alias data.
	Decode func(data []byte) (map[string]any, error)

	// MaxBytes bounds a session, also after Unwrap. It defaults to 256 KiB.
	MaxBytes int

	// Timeout bounds one call of Read or ReadMany, however many sessions it is
	// for. It defaults to 2 s.
	Timeout time.Duration
}

// A Reader reads the sessions of a [Store]. It may be used concurrently.
type Reader struct {
	store Store
	opts  Options
}

var _ ManyReader = (*Reader)(nil)

// New returns a reader of the sessions in store. It panics if store is nil.
func New(store Store, opts *Options) *Reader {
	if store == nil {
		panic("session: the store is nil")
	}
	r := &Reader{store: store}
	if opts != nil {
		r.opts = *opts
	}
	if r.opts.Decode == nil {
		r.opts.Decode = php.Decode
	}
	r.opts.MaxBytes = cmp.Or(r.opts.MaxBytes, 256<<10)
	r.opts.Timeout = cmp.Or(r.opts.Timeout, 2*time.Second)
	return r
}

// Read implements [Handler].
func (r *Reader) Read(ctx context.Context, id string) (*Session, error) {
	result := r.ReadMany(ctx, []string{id})[0]
	return result.Session, result.Err
}

// again is how long a session that cannot be decoded is left alone before it is
// read a second time. PHP writes its session files in place, without a lock that
// could be waited for.
const again = 20 * time.Millisecond

// ReadMany implements [ManyReader].
func (r *Reader) ReadMany(ctx context.Context, ids []string) []Result {
	ctx, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	defer cancel()
	results := make([]Result, len(ids))
	r.fetch(ctx, ids, results)

	var torn []string
	var at []int
	for i := range results {
		if errors.Is(results[i].Err, ErrUnreadable) {
			torn, at = append(torn, ids[i]), append(at, i)
		}
	}
	if torn == nil {
		return results
	}
	select {
	case <-time.After(again):
	case <-ctx.Done():
		return results
	}
	second := make([]Result, len(torn))
	r.fetch(ctx, torn, second)
	for i, result := range second {
		results[at[i]] = result
	}
	return results
}

func (r *Reader) fetch(ctx context.Context, ids []string, results []Result) {
	records := r.store.Fetch(ctx, ids, r.opts.MaxBytes)
	if len(records) != len(ids) {
		records = Fail(len(ids), errors.New("session: the store returned too few or too many records"))
	}
	for i, record := range records {
		if record.Err != nil {
			results[i].Err = record.Err
			continue
		}
		Note(ctx, func() string { return fmt.Sprintf("the store has it, in %d bytes", len(record.Data)) })
		values, err := r.decode(record.Data)
		if err != nil {
			results[i].Err = err
			continue
		}
		Note(ctx, func() string { return "it decodes; its keys are " + names(values) })
		results[i].Session = &Session{ID: ids[i], Values: values}
	}
}

func (r *Reader) decode(data []byte) (values map[string]any, err error) {
	defer func() {
		if v := recover(); v != nil { // its text may quote the session
			values, err = nil, fmt.Errorf("%w: decoding it panicked with a %T", ErrUnreadable, v)
		}
	}()
	if len(data) > r.opts.MaxBytes {
		return nil, fmt.Errorf("%w: it has %d bytes, more than Options.MaxBytes", ErrUnreadable, len(data))
	}
	if r.opts.Unwrap != nil {
		if data, err = r.opts.Unwrap(data, r.opts.MaxBytes); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
	}
	if values, err = r.opts.Decode(data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return values, nil
}

// Check asks the store for a session that cannot be there, and returns an error
// if it does not say so. It is for the start of a program, to find a wrong
// address or a missing table before the first client does.
func (r *Reader) Check(ctx context.Context) error {
	const nobody = "rollcall-checks-that-it-can-read" // of the form of an id
	_, err := r.Read(ctx, nobody)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil {
		return errors.New("session: the store answers with a session for an id that was never given out")
	}
	return err
}

// Watch calls the store's Watch, or returns errors.ErrUnsupported if the store is
// no [Watcher].
func (r *Reader) Watch(ctx context.Context, changed func(ids []string)) error {
	w, ok := r.store.(Watcher)
	if !ok {
		return fmt.Errorf("session: this store cannot tell when sessions change: %w", errors.ErrUnsupported)
	}
	return w.Watch(ctx, changed)
}

// Close closes the store. What [Open] opened cannot be read after it; what the
// caller gave to a store stays open.
func (r *Reader) Close() error { return r.store.Close() }
