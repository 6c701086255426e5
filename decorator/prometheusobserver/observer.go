// Package prometheusobserver counts and times the operations of a client storage
// driver for Prometheus. It is a module of its own, so that the Prometheus client
// reaches only those who use it.
//
//	hook, err := prometheusobserver.New(prometheus.DefaultRegisterer)
//	driver = decorator.Observe(driver, hook)
package prometheusobserver

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rollcall-go/rollcall/decorator"
)

// New registers its metrics with r and returns a hook for [decorator.Observe].
// It returns the error of r, for instance when they are registered already: to
// observe several drivers, give each of them a registerer of
// prometheus.WrapRegistererWith and a label of its own.
//
// The metrics are
//
//	rollcall_driver_operation_seconds{operation,outcome}  histogram, whose count is that of the operations
//	rollcall_driver_keys_total{operation}                 keys that they were about
//	rollcall_driver_keys_found_total                      keys that fetches found
//
// where operation and outcome are as in [decorator.Event].
func New(r prometheus.Registerer) (func(context.Context, decorator.Event), error) {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "rollcall_driver_operation_seconds",
		Help: "Time that operations of the client storage driver took.",
		// From a cache in this process to a network that hangs.
		Buckets: []float64{1e-6, 1e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, .01, .025, .05, .1, .25, .5, 1, 2.5},
	}, []string{"operation", "outcome"})
	keys := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "rollcall_driver_keys_total",
		Help: "Keys that operations of the client storage driver were about.",
	}, []string{"operation"})
	found := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "rollcall_driver_keys_found_total",
		Help: "Keys that fetches of the client storage driver found.",
	})
	if err := register(r, seconds, keys, found); err != nil {
		return nil, err
	}
	return func(_ context.Context, e decorator.Event) {
		seconds.WithLabelValues(string(e.Operation), string(e.Outcome)).Observe(e.Duration.Seconds())
		keys.WithLabelValues(string(e.Operation)).Add(float64(e.Keys))
		found.Add(float64(e.Found))
	}, nil
}

// register registers all of the collectors or none.
func register(r prometheus.Registerer, collectors ...prometheus.Collector) error {
	if r == nil {
		return errors.New("prometheusobserver: the registerer is nil")
	}
	for i, c := range collectors {
		if err := r.Register(c); err != nil {
			for _, c := range collectors[:i] {
				r.Unregister(c)
			}
			return err
		}
	}
	return nil
}
