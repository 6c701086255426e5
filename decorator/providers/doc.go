// Package providers runs the conformance suite on every store of gocache that
// can be had, against the real thing, and measures what the decorator adds to
// it. It is a module of its own, so that none of these clients reaches a user.
package providers
