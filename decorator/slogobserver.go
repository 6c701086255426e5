package decorator

import (
	"context"
	"log/slog"
)

// SlogObserver returns a hook for [Observe] that logs to logger, or to
// slog.Default() if that is nil: corrupt values and failures as warnings, all
// else for debugging. Of a level that is not enabled it costs next to nothing.
//
// A cache that is down makes a line of every operation. Have the handler thin
// them out, or rely on the storage, which logs only the first and the end.
func SlogObserver(logger *slog.Logger) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		l := logger
		if l == nil {
			l = slog.Default()
		}
		level := slog.LevelDebug
		if e.Outcome == OutcomeCorrupt || e.Outcome == OutcomeFailed {
			level = slog.LevelWarn
		}
		if !l.Enabled(ctx, level) {
			return
		}
		attrs := []slog.Attr{
			slog.String("operation", string(e.Operation)),
			slog.String("outcome", string(e.Outcome)),
			slog.Int("keys", e.Keys),
			slog.Int("found", e.Found),
			slog.Duration("duration", e.Duration),
		}
		if e.Err != nil {
			attrs = append(attrs, slog.Any("err", e.Err))
		}
		l.LogAttrs(ctx, level, "client storage: driver", attrs...)
	}
}
