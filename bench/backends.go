package main

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// backends are the servers that subjects need besides themselves. One is started
// when it is first asked for, and serves the whole run.
type backends struct {
	redis struct {
		once sync.Once
		dir  string
		addr string
		err  error
		stop func()
	}
}

// redisAddr returns the address of a redis-server that is ours alone.
func (b *backends) redisAddr() (string, error) {
	r := &b.redis
	r.once.Do(func() {
		if r.dir, r.err = os.MkdirTemp("", "rollcall-bench-"); r.err != nil {
			return
		}
		r.addr, r.stop, r.err = testserver.StartRedis(r.dir)
		if errors.Is(r.err, testserver.ErrMissing) {
			r.err = fmt.Errorf("%w; on Debian: apt-get install redis-server", r.err)
		}
	})
	return r.addr, r.err
}

func (b *backends) stop() {
	r := &b.redis
	if r.stop != nil {
		r.stop()
	}
	if r.dir != "" {
		os.RemoveAll(r.dir)
	}
}
