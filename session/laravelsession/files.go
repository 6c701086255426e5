package laravelsession

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

// Files are the sessions of a website with SESSION_DRIVER=file. They may be read
// concurrently. Reading takes no lock.
type Files struct {
	folder   string
	lifetime time.Duration
}

var _ session.Store = (*Files)(nil)

// NewFiles returns the sessions in a folder, storage/framework/sessions of the
// website, that live for the website's SESSION_LIFETIME after their last request,
// by default 120 minutes. The process must be allowed to read the files. A folder
// that is not there is an error when it is read.
func NewFiles(folder string, lifetime time.Duration) *Files {
	return &Files{folder, cmp.Or(lifetime, 120*time.Minute)}
}

// Fetch implements [session.Store].
func (f *Files) Fetch(ctx context.Context, ids []string, max int) []session.Record {
	records := make([]session.Record, len(ids))
	for i, id := range ids {
		if err := ctx.Err(); err != nil {
			return session.Fail(len(ids), fmt.Errorf("laravelsession: %w", err))
		}
		records[i].Data, records[i].Err = f.fetch(id, max)
	}
	return records
}

// Close does nothing.
func (f *Files) Close() error { return nil }

// fetch returns what a file holds. Laravel writes it in place, so that it may be
// empty or half for a moment; then it does not decode, and is read again.
func (f *Files) fetch(id string, max int) ([]byte, error) {
	if !validID(id) {
		return nil, session.ErrNotFound
	}
	path := filepath.Join(f.folder, id)
	info, err := os.Stat(path) // before it is opened: opening a pipe would wait
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, f.absent()
	case err != nil:
		return nil, failed(err)
	case !info.Mode().IsRegular():
		return nil, session.ErrNotFound
	case time.Since(info.ModTime()) > f.lifetime:
		return nil, session.ErrNotFound // FileSessionHandler::read
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, session.ErrNotFound
	}
	if err != nil {
		return nil, failed(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, int64(max)+1))
	if err != nil {
		return nil, failed(err)
	}
	if len(data) > max {
		return nil, fmt.Errorf("laravelsession: %w: it is longer than %d bytes", session.ErrUnreadable, max)
	}
	return data, nil
}

// absent says why there is no file: without the folder, nothing is known about
// the session.
func (f *Files) absent() error {
	if _, err := os.Stat(f.folder); err != nil {
		return fmt.Errorf("laravelsession: the folder of the sessions, the website's storage/framework/sessions, cannot be read: %w", err)
	}
	return session.ErrNotFound
}

// failed leaves out the path, which has the session's id.
func failed(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return fmt.Errorf("laravelsession: reading the file of a session: %w", err)
}
