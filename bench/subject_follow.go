package main

import "github.com/rollcall-go/rollcall/session"

func init() {
	addFollower("rollcall", func(r *session.Reader) session.Handler { return r })
	// What a session.Handler gets that cannot read many at once.
	addFollower(oneByOne, func(r *session.Reader) session.Handler { return struct{ session.Handler }{r} })
}
