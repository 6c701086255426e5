package filestore

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A savePath is where PHP keeps the files of sessions: php-src,
// ext/session/mod_files.c, PS_OPEN_FUNC.
type savePath struct {
	folder string
	depth  int    // levels of folders within it
	prefix string // of the names of files
}

const deepest = 32

func parseSavePath(s string) (p savePath, err error) {
	parts := strings.SplitN(s, ";", 3)
	p.folder = parts[len(parts)-1]
	if len(parts) > 1 {
		depth, err := strconv.ParseUint(parts[0], 10, 16)
		if err != nil || depth > deepest {
			return p, fmt.Errorf("filestore: the depth %.20q of the save path is no number from 0 to %d", parts[0], deepest)
		}
		p.depth = int(depth)
	}
	if len(parts) > 2 {
		if _, err := strconv.ParseUint(parts[1], 8, 16); err != nil {
			return p, fmt.Errorf("filestore: the mode %.20q of the save path is no octal number", parts[1])
		}
	}
	switch {
	case p.folder == "":
		return p, errors.New("filestore: the save path has no folder: write that of the website's php.ini, session.save_path, or of its framework.session.save_path")
	case strings.Contains(p.folder, "%kernel."):
		return p, fmt.Errorf("filestore: the folder %s has one of Symfony's parameters: write what it stands for", p.folder)
	case strings.Contains(p.folder, "\x00"):
		return p, errors.New("filestore: the folder of the save path has a zero byte")
	case !filepath.IsAbs(p.folder):
		return p, fmt.Errorf("filestore: the folder %s is relative, to where the website runs: write an absolute path", p.folder)
	}
	p.folder = filepath.Clean(p.folder)
	return p, nil
}

// lifetimeParam is the parameter that a data source name may have.
const lifetimeParam = "gc_maxlifetime"

// fromDSN returns a store of what follows file://, to which Symfony's
// SessionHandlerFactory sets session.save_path. Symfony takes a question mark for
// a part of the path.
func fromDSN(dsn string) (*Store, error) {
	_, rest, _ := strings.Cut(dsn, ":")
	path, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return nil, errors.New("filestore: the data source name lacks // after file: : it looks like file:///var/lib/php/sessions")
	}
	path, query, _ := strings.Cut(path, "?")
	params, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("filestore: the parameters of the data source name are malformed")
	}
	var opts Options
	for name, values := range params {
		if name != lifetimeParam {
			return nil, fmt.Errorf("filestore: the parameter %.30q is not known; there is %s", name, lifetimeParam)
		}
		seconds, err := strconv.ParseUint(values[len(values)-1], 10, 31)
		if err != nil || seconds == 0 {
			return nil, fmt.Errorf("filestore: the %s %.20q is no number of seconds", lifetimeParam, values[len(values)-1])
		}
		opts.Lifetime = time.Duration(seconds) * time.Second
	}
	return New(path, &opts)
}
