package firewall

import (
	"context"
	"iter"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/session"
)

// A Policy says what becomes of a connection whose session has ended: its user
// has signed out, it has expired, or it says nothing that can be trusted.
type Policy int

const (
	CloseGone     Policy = iota // close it
	DowngradeGone               // make the client anonymous
	IgnoreGone                  // keep it, and who it is
)

// A Verdict says what to do with a client now.
type Verdict struct {
	// Identity is who the client is. It is the pointer that Recheck was given if
	// that has not changed, and nil if the client must go.
	Identity *Identity
	// Err is the *[Refusal] that makes the client go. Beside an Identity it is
	// ReasonUnavailable: nothing is known, and the client is kept for now.
	Err error
}

const (
	// atOnce is how many sessions are asked for in one reading. A store answers
	// hundreds with about the work of ten.
	atOnce = 256
	// abreast is how many sessions are identified at the same time, and read where
	// they can be read only one by one.
	abreast = 8
	// lookTime bounds the reading and identifying of one of them.
	lookTime = 5 * time.Second
)

// Recheck reads the sessions behind ids again, and yields a verdict for each of
// ids by its index, in no particular order. A session is read once, however many
// clients it has, and with others in batches; the batches are spread over a time,
// which may be 0. Identities without a session or a time to expire stay as they
// are, and are not yielded.
//
// A session that has ended is dealt with as [Options].Gone says, as is an identity
// that has expired. One that is another user's by now is always refused, with
// ReasonUserChanged, as is a user who has none of [Options].AnyRole any more. If
// only roles or attributes have changed, the verdict is another identity of the
// same user.
// While the store is failing clients are kept for [Options].Grace.
func (f *Firewall) Recheck(ctx context.Context, ids []*Identity, spread time.Duration) iter.Seq2[int, Verdict] {
	return func(yield func(int, Verdict) bool) {
		for i, id := range ids {
			if f.expired(id) && !yield(i, f.gone(id, Refuse(ReasonExpired, nil))) {
				return
			}
		}
		batches := f.batches(ids)
		for n, b := range batches {
			if pause(ctx, n, len(batches), spread); ctx.Err() != nil {
				return
			}
			answers := b.by.readMany(ctx, b.sessions)
			if ctx.Err() != nil {
				return // whatever they say, it is because of that
			}
			for k, answer := range answers {
				for _, i := range b.clients[k] {
					if !yield(i, f.verdict(ids[i], answer)) {
						return
					}
				}
			}
		}
	}
}

func (f *Firewall) expired(id *Identity) bool {
	return !id.Expires.IsZero() && !time.Now().Before(id.Expires)
}

// A batch is sessions that are read together.
type batch struct {
	by       *SessionAuthenticator
	sessions []string
	clients  [][]int // of each session: who has it, as indices of ids
}

func (f *Firewall) batches(ids []*Identity) []*batch {
	type key struct {
		by      *SessionAuthenticator
		session string
	}
	type place struct {
		batch *batch
		at    int
	}
	places := make(map[key]place, len(ids))
	open := make(map[*SessionAuthenticator]*batch)
	var all []*batch
	for i, id := range ids {
		if id.by == nil || f.expired(id) {
			continue
		}
		k := key{id.by, id.session}
		p, ok := places[k]
		if !ok {
			b := open[id.by]
			if b == nil || len(b.sessions) == atOnce {
				b = &batch{by: id.by}
				open[id.by] = b
				all = append(all, b)
			}
			p = place{b, len(b.sessions)}
			places[k] = p
			b.sessions, b.clients = append(b.sessions, id.session), append(b.clients, nil)
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

// readMany returns an answer for each of sessions.
func (a *SessionAuthenticator) readMany(ctx context.Context, sessions []string) []answer {
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

// verdict decides about one client, given what its session says now.
func (f *Firewall) verdict(was *Identity, a answer) Verdict {
	if a.refusal != nil && a.refusal.Reason == ReasonUnavailable {
		return f.unavailable(was, a.refusal)
	}
	atomic.StoreInt64(&was.failing, 0)
	if a.refusal != nil {
		return f.gone(was, a.refusal)
	}
	if !was.sameUser(a.id) {
		return Verdict{Err: Refuse(ReasonUserChanged, nil)}
	}
	now, refusal := f.admit(a.id)
	switch {
	case refusal != nil:
		return Verdict{Err: refusal} // it has lost the role that let it in
	case now.equal(was):
		return Verdict{Identity: was}
	default:
		return Verdict{Identity: now}
	}
}

// gone applies the policy to a client whose session has ended.
func (f *Firewall) gone(was *Identity, why *Refusal) Verdict {
	switch f.opts.Gone {
	case IgnoreGone:
		return Verdict{Identity: was}
	case DowngradeGone:
		if id := f.anonymous(why); id != nil {
			return Verdict{Identity: id}
		}
	}
	return Verdict{Err: why}
}

const defaultGrace = 10 * time.Minute

var processStart = time.Now()

// unavailable keeps a client for a time while its session cannot be read.
func (f *Firewall) unavailable(was *Identity, why *Refusal) Verdict {
	now := int64(time.Since(processStart)) + 1
	grace := f.opts.Grace
	if grace == 0 {
		grace = defaultGrace
	}
	if atomic.CompareAndSwapInt64(&was.failing, 0, now) || grace < 0 ||
		now-atomic.LoadInt64(&was.failing) < int64(grace) {
		return Verdict{Identity: was, Err: why}
	}
	return f.gone(was, why)
}
