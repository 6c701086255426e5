// Package filestore reads the sessions of a website that PHP keeps in files, its
// default, as Symfony's NativeFileSessionHandler does.
//
// It has [session.Open] take data source names as Symfony's
// framework.session.handler_id does, the website's session.save_path behind
// file://, and one parameter that Symfony does not know, PHP's
// session.gc_maxlifetime in seconds:
//
//	file:///var/lib/php/sessions
//	file:///srv/website/var/cache/prod/sessions?gc_maxlifetime=7200
//	file://2;0640;/var/lib/php/sessions
//
// The process must be allowed to read the files, which PHP makes for its own user
// only. It runs as that user, or the website has a save path such as
// "0;0640;/srv/sessions", in a folder of a group that both are in. It need not be
// allowed to list the folder.
//
// It takes no lock, so that a request of the website that goes on for long, and
// holds the lock all the time, delays nobody. A session is what the last request
// has left.
//
// A system call for a file on a disk that does not answer cannot be interrupted,
// and so does not heed a context.
package filestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

func init() {
	session.Register(fromDSN, "file")
}

// Options configure [New]. Nil means the defaults.
type Options struct {
	// Lifetime is how long after its last request a session ends, the website's
	// session.gc_maxlifetime. It defaults to PHP's 1440 s. PHP itself looks at it
	// only when it deletes files, now and then, and until then takes up a session
	// that has ended as if nothing were. A negative Lifetime does the same: a
	// session ends when its file is deleted.
	Lifetime time.Duration

	// NoPrefix says that a file is named by the session id alone, as Laravel names
	// them, and not sess_ and the id.
	NoPrefix bool
}

const defaultLifetime = 1440 * time.Second

// A Store reads sessions from files. It may be used concurrently. It keeps
// nothing open.
type Store struct {
	place    savePath
	lifetime time.Duration
}

var _ session.Store = (*Store)(nil)

// New returns a store of the sessions in the website's session.save_path, which
// is of one of the forms "/path", "N;/path" and "N;MODE;/path". With N, the files
// are in as many levels of folders, each named by one letter of the session id.
// New does not look whether the folder is there.
func New(savePath string, opts *Options) (*Store, error) {
	place, err := parseSavePath(savePath)
	if err != nil {
		return nil, err
	}
	var o Options
	if opts != nil {
		o = *opts
	}
	if !o.NoPrefix {
		place.prefix = "sess_"
	}
	return &Store{place: place, lifetime: cmp.Or(o.Lifetime, defaultLifetime)}, nil
}

// abreast is how many files are read at the same time. It is mostly for those
// that have to be waited for.
const abreast = 16

// Fetch implements [session.Store].
func (s *Store) Fetch(ctx context.Context, ids []string, max int) []session.Record {
	session.Note(ctx, func() string { return fmt.Sprintf("the files are in %s", s.place.folder) })
	records := make([]session.Record, len(ids))
	var wg sync.WaitGroup
	var absent atomic.Bool
	read := func(from int) {
		for i := from; i < len(ids); i += abreast {
			data, err := s.fetch(ctx, ids[i], max)
			if errors.Is(err, fs.ErrNotExist) {
				absent.Store(true)
				err = session.ErrNotFound
			}
			records[i] = session.Record{Data: data, Err: err}
		}
	}
	for from := 1; from < min(abreast, len(ids)); from++ {
		wg.Go(func() { read(from) })
	}
	read(0)
	wg.Wait()
	if absent.Load() {
		if err := s.place.check(); err != nil {
			return session.Fail(len(ids), err)
		}
	}
	return records
}

// Close does nothing.
func (s *Store) Close() error { return nil }

// fetch returns the bytes of a session. Its error is fs.ErrNotExist if there is
// no file, or no folder.
func (s *Store) fetch(ctx context.Context, id string, max int) ([]byte, error) {
	path, ok := s.place.file(id)
	if !ok {
		return nil, session.ErrNotFound
	}
	if err := ctx.Err(); err != nil {
		return nil, explain(err)
	}
	found, err := settled(ctx, path, max, sleep)
	switch {
	case err != nil:
		return nil, explain(err)
	case len(found.data) == 0:
		return nil, session.ErrNotFound // its first request goes on
	case s.lifetime >= 0 && time.Since(found.modified) > s.lifetime:
		return nil, session.ErrNotFound
	}
	return found.data, nil
}

// explain makes an error of this package of err, without the name of the file,
// which is the session id.
func explain(err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, session.ErrUnreadable), errors.Is(err, fs.ErrNotExist):
		return err
	case errors.Is(err, fs.ErrPermission):
		return errors.New("filestore: reading the file of a session is not permitted: run as the website's user, or have its session.save_path give the files a mode for a group, as in 0;0640;/path")
	case errors.As(err, &path):
		err = path.Err
	}
	return fmt.Errorf("filestore: %w", err)
}

// check returns an error if the folder is not there. Symfony's cache:clear takes
// it away for a moment, and the sessions in it for ever.
func (p savePath) check() error {
	info, err := os.Stat(p.folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("filestore: there is no folder %s", p.folder)
	case err != nil:
		return fmt.Errorf("filestore: %w", err)
	case !info.IsDir():
		return fmt.Errorf("filestore: %s is no folder", p.folder)
	}
	return nil
}

// file returns the path of a session's file: php-src, ext/session/mod_files.c,
// ps_files_path_create. It is not ok if PHP could not have made such a session.
// The letters that an id may have, which are checked here again, make no other
// path than one in the folder.
func (p savePath) file(id string) (path string, ok bool) {
	const longest = 256 // PS_MAX_SID_LENGTH
	if len(id) <= p.depth || len(id) > longest {
		return "", false
	}
	for i := range len(id) {
		switch b := id[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == ',', b == '-':
		default:
			return "", false
		}
	}
	path = p.folder
	for i := range p.depth {
		path = filepath.Join(path, id[i:i+1])
	}
	return filepath.Join(path, p.prefix+id), true
}
