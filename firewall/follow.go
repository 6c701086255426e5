package firewall

import (
	"context"
	"iter"
	"time"
)

// A Policy says what becomes of a connection whose session has ended: its user
// has signed out, it has expired, or it says nothing that can be trusted.
type Policy int

const (
	CloseGone     Policy = iota // close it
	DowngradeGone               // make the client anonymous
	IgnoreGone                  // keep it, and who it is, unless it expires
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

// Recheck reads the sessions behind ids again, and yields a verdict for each of
// ids by its index, in no particular order. A session is read once, however many
// clients it has, and with others in batches; the batches are spread over a time,
// which may be 0. Identities without a session or a time to expire stay as they
// are, and are not yielded.
//
// A session that has ended is dealt with as [Options].Gone says. An identity that
// has expired ends in any case, or becomes anonymous. A session that is another
// user's by now is refused, with ReasonUserChanged, as is a user who has none of
// [Options].AnyRole any more. If only roles or attributes have changed, the verdict
// is another identity of the same user. While the store is failing, clients are
// kept for [Options].Grace.
func (f *Firewall) Recheck(ctx context.Context, ids []*Identity, spread time.Duration) iter.Seq2[int, Verdict] {
	return func(yield func(int, Verdict) bool) {
		for i, id := range ids {
			if f.expired(id) && !yield(i, f.over()) {
				return
			}
		}
		ctx, cancel := context.WithCancel(ctx)
		all := f.readAll(ctx, f.batches(ids), spread)
		defer func() {
			cancel()
			for range all { // until its goroutines have ended
			}
		}()
		for answers := range all {
			if ctx.Err() != nil {
				return // whatever the store says, it is because of that
			}
			for k, answer := range answers.of {
				for _, i := range answers.batch.clients[k] {
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

// verdict decides about one client, given what its session says now.
func (f *Firewall) verdict(was *Identity, a answer) Verdict {
	if !a.known() {
		return f.unavailable(was, a.refusal)
	}
	was.source.failing.Store(0)
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

// gone applies the policy to a client whose session has ended. What is refused
// for a reason of its own is not a matter of policy.
func (f *Firewall) gone(was *Identity, why *Refusal) Verdict {
	if !why.Reason.anonymous() && why.Reason != ReasonUnavailable {
		return Verdict{Err: why}
	}
	if f.opts.Gone == IgnoreGone {
		return Verdict{Identity: was}
	}
	return f.end(why)
}

// over ends an identity that has expired, also where it is ignored that a session
// has ended: it never had more time.
func (f *Firewall) over() Verdict { return f.end(Refuse(ReasonExpired, nil)) }

// end makes a client anonymous, or lets it go.
func (f *Firewall) end(why *Refusal) Verdict {
	if f.opts.Gone == DowngradeGone {
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
	if was.source.failing.CompareAndSwap(0, now) || grace < 0 ||
		now-was.source.failing.Load() < int64(grace) {
		return Verdict{Identity: was, Err: why}
	}
	return f.gone(was, why)
}
