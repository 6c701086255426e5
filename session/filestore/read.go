package filestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

// PHP rewrites a file in place: it truncates it if it becomes shorter, and
// writes (php-src, ext/session/mod_files.c, ps_files_write). Who reads at that
// moment, without the lock, sees a part. So a file that was changed a moment ago
// is read until it has stayed the same for a moment. A write that takes longer,
// because the machine has no time for it, can still be seen half done; mostly it
// cannot be decoded then, and session.Reader reads it again. A file that is empty
// is given longer, because it would be taken for no session, which signs a user
// out: on two busy processors one rewrite in two hundred left it empty for more
// than 100 ms.
const (
	moment      = 50 * time.Millisecond
	emptyMoment = time.Second
	pause       = 5 * time.Millisecond
	tries       = 240 // which take longer than both
)

// A snapshot is a file as it was at one time.
type snapshot struct {
	data     []byte
	modified time.Time
	whole    bool // nobody wrote while it was read
}

// settled returns a snapshot that is whole. The error is session.ErrUnreadable
// for a file that cannot be that of a session, or does not settle. wait is called
// between two tries.
func settled(ctx context.Context, path string, max int, wait func(context.Context) error) (snapshot, error) {
	var last snapshot
	same := 0 // tries, for files whose time is in the future
	for range tries {
		now, err := read(path, max)
		if err != nil {
			return snapshot{}, err
		}
		if same++; !now.same(last) {
			same = 0
		}
		if now.whole && now.old(time.Now()) || same == int(moment/pause) {
			return now, nil
		}
		last = now
		if err := wait(ctx); err != nil {
			return snapshot{}, err
		}
	}
	if last.whole && len(last.data) == 0 {
		return last, nil
	}
	return snapshot{}, unreadable("the website writes its file all the time")
}

// old reports whether the file was left alone for long enough.
func (s snapshot) old(now time.Time) bool {
	age := now.Sub(s.modified)
	return age > emptyMoment || age > moment && len(s.data) > 0
}

// same reports whether the file is what it was at the last try.
func (s snapshot) same(last snapshot) bool {
	return len(s.data) > 0 && s.whole && s.modified.Equal(last.modified) && bytes.Equal(s.data, last.data)
}

func sleep(ctx context.Context) error {
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read reads a file.
func read(path string, max int) (snapshot, error) {
	// PHP follows no symbolic links either, and opening a device may do something.
	named, err := os.Lstat(path)
	if err != nil {
		return snapshot{}, err
	}
	if err := regular(named); err != nil {
		return snapshot{}, err
	}
	f, before, err := open(path)
	if err != nil {
		return snapshot{}, err
	}
	defer f.Close()
	if before.Size() > int64(max) {
		return snapshot{}, unreadable(fmt.Sprintf("it has %d bytes, and at most %d are allowed", before.Size(), max))
	}
	data := make([]byte, before.Size()+1) // one more, to see that there is no more
	n, err := io.ReadFull(f, data)
	if err == nil || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return snapshot{modified: time.Now()}, err // it has grown
	}
	after, err := f.Stat()
	if err != nil {
		return snapshot{}, err
	}
	return snapshot{data: data[:n], modified: after.ModTime(), whole: unchanged(before, after, n)}, nil
}

// unchanged reports whether a file seems to have stayed as it is while n bytes
// were read of it.
func unchanged(before, after fs.FileInfo, n int) bool {
	return int64(n) == before.Size() && after.Size() == before.Size() && after.ModTime().Equal(before.ModTime())
}

// open opens a file that may have been replaced since it was looked at.
func open(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// regular returns an error for what is no file of PHP's.
func regular(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode&fs.ModeSymlink != 0:
		return unreadable("what has the name of its file is a symbolic link, which PHP does not follow either")
	case mode.IsDir():
		return unreadable("what has the name of its file is a folder")
	}
	return unreadable("what has the name of its file is a device, a pipe or a socket")
}

func unreadable(why string) error {
	return fmt.Errorf("filestore: %w: %s", session.ErrUnreadable, why)
}
