package firewall

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

// This file reads the sessions of a round: each once, many together, and no store
// at the expense of another.

const (
	// atOnce is how many sessions are asked for in one reading. A store answers
	// hundreds with about the work of ten.
	atOnce = 256
	// abreast is how many sessions are identified at the same time, and read where
	// they can be read only one by one.
	abreast = 8
	// lookTime bounds one reading, and the identifying of one session.
	lookTime = 5 * time.Second
	// batchTime bounds all of them of a batch together.
	batchTime = 30 * time.Second
)

// answers are those to a batch.
type answers struct {
	batch *batch
	of    []answer
}

// readAll reads batches, those of each authenticator one after the other and beside
// those of the others, so that a store that hangs does not hold up another one.
// The channel is closed after the last one, or when ctx ends.
func (f *Firewall) readAll(ctx context.Context, batches map[*SessionAuthenticator][]*batch, spread time.Duration) <-chan answers {
	all := make(chan answers)
	var wg sync.WaitGroup
	for by, batches := range batches {
		wg.Go(func() { by.readInTurn(ctx, batches, spread, all) })
	}
	go func() {
		wg.Wait()
		close(all)
	}()
	return all
}

// fruitless is how many batches in a row may be read in vain before the rest of a
// round is not asked for: each may take as long as the store's timeout.
const fruitless = 2

func (a *SessionAuthenticator) readInTurn(ctx context.Context, batches []*batch, spread time.Duration, to chan<- answers) {
	failed := 0
	for n, b := range batches {
		var of []answer
		if failed < fruitless {
			if pause(ctx, n, len(batches), spread); ctx.Err() != nil {
				return
			}
			of = a.readMany(ctx, b.sessions)
		} else {
			of = make([]answer, len(b.sessions))
			for i := range of {
				of[i].refusal = Refuse(ReasonUnavailable, errGivenUp)
			}
		}
		if failed++; slices.ContainsFunc(of, answer.known) {
			failed = 0
		}
		select {
		case to <- answers{b, of}:
		case <-ctx.Done():
			return
		}
	}
}

var errGivenUp = errors.New("firewall: the session store is not asked again in this round")

// A batch is sessions that are read together.
type batch struct {
	sessions []string
	clients  [][]int // of each session: who has it, as indices of ids
}

// batches groups the identities by session, and the sessions by who reads them.
func (f *Firewall) batches(ids []*Identity) map[*SessionAuthenticator][]*batch {
	type key struct {
		by      *SessionAuthenticator
		session string
	}
	type place struct {
		batch *batch
		at    int
	}
	places := make(map[key]place, len(ids))
	all := make(map[*SessionAuthenticator][]*batch)
	for i, id := range ids {
		if id.source == nil || f.expired(id) {
			continue
		}
		k := key{id.source.by, id.source.session}
		p, ok := places[k]
		if !ok {
			if open := all[k.by]; len(open) == 0 || len(open[len(open)-1].sessions) == atOnce {
				all[k.by] = append(open, &batch{})
			}
			b := all[k.by][len(all[k.by])-1]
			p = place{b, len(b.sessions)}
			places[k] = p
			b.sessions, b.clients = append(b.sessions, k.session), append(b.clients, nil)
		}
		p.batch.clients[p.at] = append(p.batch.clients[p.at], i)
	}
	return all
}

// pause waits for the turn of batch n of a number. The turns are at random within
// their share of the time, so that several servers do not ask in step.
func pause(ctx context.Context, n, of int, spread time.Duration) {
	if spread <= 0 {
		return
	}
	share := spread / time.Duration(of)
	wait := share/2 + rand.N(share/2+1)
	if n == 0 {
		wait = rand.N(share + 1)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// An answer is who has signed in with a session now, or why nobody has.
type answer struct {
	id      *Identity
	refusal *Refusal
}

// known reports whether anything is known of the session.
func (a answer) known() bool { return a.refusal == nil || a.refusal.Reason != ReasonUnavailable }

// readMany returns an answer for each of sessions.
func (a *SessionAuthenticator) readMany(ctx context.Context, sessions []string) []answer {
	ctx, cancel := context.WithTimeout(ctx, batchTime)
	defer cancel()
	read := func(ctx context.Context, i int) (*session.Session, error) { return a.read(ctx, sessions[i]) }
	if many, ok := a.Sessions.(session.ManyReader); ok {
		results := a.manyOf(ctx, many, sessions)
		read = func(_ context.Context, i int) (*session.Session, error) { return results[i].Session, results[i].Err }
	}
	answers := make([]answer, len(sessions))
	var wg sync.WaitGroup
	for from := range min(abreast, len(sessions)) {
		wg.Go(func() {
			for i := from; i < len(sessions); i += abreast {
				answers[i] = a.look(ctx, sessions[i], func(ctx context.Context) (*session.Session, error) { return read(ctx, i) })
			}
		})
	}
	wg.Wait()
	return answers
}

// look finds out about one session.
func (a *SessionAuthenticator) look(ctx context.Context, sid string, read func(context.Context) (*session.Session, error)) (found answer) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	s, err := read(ctx)
	found.id, found.refusal = a.identity(ctx, sid, s, err)
	return found
}

func (a *SessionAuthenticator) manyOf(ctx context.Context, many session.ManyReader, sessions []string) (results []session.Result) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	var err error
	func() {
		defer recoverInto(&err, "reading sessions")
		results = many.ReadMany(ctx, sessions)
	}()
	if err == nil && len(results) == len(sessions) {
		return results
	}
	results = make([]session.Result, len(sessions))
	for i := range results {
		results[i].Err = err
		if err == nil {
			results[i].Err = errTooFew
		}
	}
	return results
}
