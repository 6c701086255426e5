package session

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

var schemes struct {
	sync.Mutex
	open map[string]func(dsn string) (Store, error)
}

// Register makes [Open] use open for data source names of the given schemes. A
// package with a store calls it when it is initialised, so that only those
// stores are linked that a program imports. It panics if a scheme is taken.
func Register[S Store](open func(dsn string) (S, error), scheme ...string) {
	schemes.Lock()
	defer schemes.Unlock()
	for _, s := range scheme {
		if _, taken := schemes.open[s]; taken {
			panic("session: the scheme " + s + " is registered twice")
		}
		if schemes.open == nil {
			schemes.open = make(map[string]func(string) (Store, error))
		}
		schemes.open[s] = func(dsn string) (Store, error) { return open(dsn) }
	}
}

// packages says what to import for a scheme.
var packages = map[string]string{
	"postgresql": "sqlstore", "postgres": "sqlstore", "pgsql": "sqlstore",
	"mysql": "sqlstore", "mysql2": "sqlstore", "mariadb": "sqlstore",
	"sqlite": "sqlstore", "sqlite3": "sqlstore",
	"redis": "redisstore", "rediss": "redisstore", "valkey": "redisstore", "valkeys": "redisstore",
	"memcached": "memcachedstore",
	"file":      "filestore",
}

// Open returns a reader of the sessions at dsn, which is what a Symfony website
// has as its framework.session.handler_id:
//
//	postgresql://user:password@host:5432/database?db_table=sessions
//	mysql://user:password@host:3306/database
//	sqlite:////var/lib/website/sessions.db
//	redis://password@host:6379/3?prefix=sf_s
//	rediss://host:6379
//	memcached://host:11211?prefix=sf2s
//	file:///var/lib/php/sessions
//
// The package of the store must be imported; the documentation of that package
// lists the parameters. Open does not connect; see [Reader.Check]. An error says
// what is wrong with dsn without its password.
func Open(dsn string, opts *Options) (*Reader, error) {
	scheme, _, ok := strings.Cut(dsn, ":")
	if !ok {
		return nil, errors.New(`session: the data source name has no scheme: it looks like "redis://localhost:6379" or "postgresql://user:password@localhost/database"`)
	}
	scheme = strings.ToLower(scheme)
	schemes.Lock()
	open := schemes.open[scheme]
	known := slices.Sorted(maps.Keys(schemes.open))
	schemes.Unlock()
	if open == nil {
		if pkg := packages[scheme]; pkg != "" {
			return nil, fmt.Errorf("session: no store for \"%s:\" is imported: add import _ %q", scheme, "github.com/rollcall-go/rollcall/session/"+pkg)
		}
		return nil, fmt.Errorf("session: there is no store for the scheme %.20q; those imported are for %s", scheme, strings.Join(known, ", "))
	}
	store, err := open(dsn)
	if err != nil {
		return nil, err
	}
	return New(store, opts), nil
}
