package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/firewall"
	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/redisstore"
)

const oneByOne = "one session after the other"

// tabsOfThree is how many clients there are for each three sessions, so that 100,000
// clients have 60,000.
const tabsOfThree = 5

// addFollower is called from the init function of a subject's file. The function
// makes of a reader what the firewall is given.
func addFollower(name string, handler func(*session.Reader) session.Handler) {
	subjects = append(subjects, subject{name: name, follow: handler})
}

// measureFollow measures a round of looking whether those who are connected are
// still signed in: PHP sessions of a kilobyte in a redis of its own.
func (r *run) measureFollow(ctx context.Context, s subject) (err error) {
	red, err := startRedis(ctx)
	if err != nil {
		return err
	}
	defer red.stop()
	sessions := max(1, r.clients*3/tabsOfThree)
	if err := fillSessions(ctx, red.client, sessions); err != nil {
		return err
	}
	trips := &trips{}
	client := redis.NewClient(&redis.Options{Addr: red.addr})
	defer client.Close()
	client.AddHook(trips)
	fw, err := firewall.New(&firewall.Options{Authenticators: []firewall.Authenticator{&firewall.SessionAuthenticator{
		Sessions: s.follow(session.New(redisstore.New(client, nil), nil)),
		Identify: firewall.Keys(firewall.Path{"user"}, firewall.Path{"roles"}),
	}}})
	if err != nil {
		return err
	}
	ids := make([]*firewall.Identity, r.clients)
	if err := parallel(r.clients, churnWorkers, func(i int) (err error) {
		ids[i], err = fw.Authenticate(ctx, &firewall.Request{Cookie: "PHPSESSID=" + sessionID(i%sessions)})
		return err
	}); err != nil {
		return err
	}
	before, err := red.usage(ctx)
	if err != nil {
		return err
	}
	trips.Store(0)
	begin, total := time.Now(), &cost{}
	if err := total.time(r.clients, func() error { return followRound(ctx, fw, ids) }); err != nil {
		return err
	}
	after, err := red.usage(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.progress, "%.1f s: %s: %s\n", time.Since(begin).Seconds(), s.name, askFollow)
	r.record(askFollow, s, sample{
		clients: r.clients, value: float64(trips.Load()), wall: total.wall.Seconds() / float64(r.clients),
		details: []float64{total.cpu.Seconds() * 1e3, after.since(before).cpu.Seconds() * 1e3, total.wall.Seconds()},
	})
	return nil
}

// followRound looks at everybody once, and expects to find them as they were.
func followRound(ctx context.Context, fw *firewall.Firewall, ids []*firewall.Identity) error {
	same := 0
	for i, v := range fw.Recheck(ctx, ids, 0) {
		if v.Err != nil {
			return v.Err
		}
		if v.Identity == ids[i] {
			same++
		}
	}
	if same != len(ids) {
		return errors.Join(ctx.Err(), fmt.Errorf("%d of %d clients were found as they were", same, len(ids)))
	}
	return nil
}

func sessionID(i int) string { return fmt.Sprintf("%026d", i) }

// fillSessions writes sessions as PHP does.
func fillSessions(ctx context.Context, client *redis.Client, n int) error {
	pipe := client.Pipeline()
	for i := range n {
		user := fmt.Sprintf("user%d", i)
		pipe.Set(ctx, "sf_s"+sessionID(i), fmt.Sprintf(`user|s:%d:"%s";roles|a:1:{i:0;s:9:"ROLE_USER";}cart|s:900:"%s";`,
			len(user), user, strings.Repeat("x", 900)), time.Hour)
		if pipe.Len() == 1000 || i == n-1 {
			if _, err := pipe.Exec(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// trips counts the round trips of a client.
type trips struct{ atomic.Int64 }

func (t *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (t *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { t.Add(1); return next(ctx, cmd) }
}

func (t *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { t.Add(1); return next(ctx, cmds) }
}
