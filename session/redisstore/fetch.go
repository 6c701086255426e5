package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/rollcall-go/rollcall/session"
)

// maxKeys bounds a round trip: go-redis gives all answers of one the same
// ReadTimeout. Beyond a few hundred keys a larger one is not faster.
const maxKeys = 512

// Fetch implements [session.Store] with one round trip for 512 sessions, which
// goes to all nodes of a cluster at once.
func (s *Store) Fetch(ctx context.Context, ids []string, max int) []session.Record {
	records := make([]session.Record, len(ids))
	for from := 0; from < len(ids); from += maxKeys {
		to := min(from+maxKeys, len(ids))
		if err := s.fetch(ctx, ids[from:to], max, records[from:to]); err != nil {
			for i := to; i < len(ids); i++ {
				records[i].Err = err
			}
			return records
		}
	}
	return records
}

// unread is the value of a command that was never carried out. An empty value
// would look like a session that is not there, and sign a user out.
const unread = "\x00not carried out"

// fetch fetches what fits into a round trip. It returns an error, which all the
// records have too, if the server could not be asked for any of them.
//
// It asks with GETRANGE, because that returns no more than it is told to. A key
// that is not there has an empty range. That an empty value has one too does not
// matter: it is no session.
func (s *Store) fetch(ctx context.Context, ids []string, atMost int, records []session.Record) error {
	if err := ctx.Err(); err != nil {
		err = failed("fetch", err)
		for i := range records {
			records[i].Err = err
		}
		return err
	}
	var first, last any = 0, max(atMost, 0) // one byte too many, to see that there are more
	commands := make([]*redis.StringCmd, len(ids))
	for i, id := range ids {
		commands[i] = redis.NewStringCmd(ctx, "getrange", s.prefix+id, first, last)
		commands[i].SetVal(unread)
	}
	err := s.send(ctx, commands)
	if err == nil {
		err = errors.New("the client did not carry out the command")
	}
	err = failed("fetch", err)
	asked := false
	for i, c := range commands {
		records[i] = record(c, atMost, err)
		if isPHPString(c.Val()) {
			session.Note(ctx, func() string {
				return "it is a string that PHP has serialized, as Laravel does, or phpredis with OPT_SERIALIZER php"
			})
		}
		asked = asked || c.Err() == nil && c.Val() != unread || answered(c.Err())
	}
	if asked {
		return nil
	}
	return err
}

func (s *Store) send(ctx context.Context, commands []*redis.StringCmd) error {
	if len(commands) == 1 {
		return s.client.Process(ctx, commands[0])
	}
	pipe := s.client.Pipeline()
	for _, c := range commands {
		_ = pipe.Process(ctx, c) // it only queues
	}
	_, err := pipe.Exec(ctx)
	return err
}

// record makes a record of what became of a command; it is err if nothing did.
func record(c *redis.StringCmd, atMost int, err error) session.Record {
	value, cmdErr := c.Result()
	switch {
	case errors.Is(cmdErr, redis.Nil):
		return session.Record{Err: session.ErrNotFound}
	case redis.HasErrorPrefix(cmdErr, "WRONGTYPE"):
		return session.Record{Err: fmt.Errorf("redisstore: %w: its key holds something else than a string", session.ErrUnreadable)}
	case cmdErr != nil:
		return session.Record{Err: failed("fetch", cmdErr)}
	case value == unread:
		return session.Record{Err: err}
	case value == "":
		return session.Record{Err: session.ErrNotFound}
	case len(value) > atMost:
		return session.Record{Err: fmt.Errorf("redisstore: %w: it has more than %d bytes", session.ErrUnreadable, atMost)}
	}
	if how := wrapped(value); how != "" {
		return session.Record{Err: fmt.Errorf("redisstore: %w: phpredis has wrapped it, with %s: give the website's sessions a Redis client without that option", session.ErrUnreadable, how)}
	}
	// Not the command's Bytes: those are the bytes of its string, which a client
	// with a cache of its own keeps.
	return session.Record{Data: []byte(value)}
}

// answered reports whether an error is one that the server sent.
func answered(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer)
}
