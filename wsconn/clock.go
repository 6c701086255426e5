package wsconn

import "time"

// A clock of 32 bits counts milliseconds since the process started; that of a
// connection would else be most of what it costs. It runs over after 49 days, so
// two of them are compared by their difference, which must be below 24. It is
// never 0, which means that there is none.

var processStart = time.Now()

func clock(t time.Time) uint32 { return max(1, uint32(t.Sub(processStart)/time.Millisecond)) }

func now() uint32 { return clock(time.Now()) }

// before reports whether a is before b.
func before(a, b uint32) bool { return int32(a-b) < 0 }

// after returns the clock a time later.
func after(at uint32, d time.Duration) uint32 {
	const most = 20 * 24 * time.Hour
	return max(1, at+uint32((min(d, most)+time.Millisecond-1)/time.Millisecond))
}
