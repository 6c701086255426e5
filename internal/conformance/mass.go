package conformance

import (
	"fmt"
	"strings"
)

// messageKinds are text and binary, as the categories of 9 have them.
var messageKinds = []struct {
	name  string
	frame func(string) frame
}{{"text", text}, {"binary", bin}}

// sizeName says a size in KiB or MiB.
func sizeName(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}

// massCases are 9.1 to 9.6: long messages whole, in fragments and in chops.
func massCases() []Case {
	var all []Case
	for k, kind := range messageKinds {
		var plans []about
		for _, size := range []int{64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20} {
			plans = append(plans, about{fmt.Sprintf("%s of %s", kind.name, sizeName(size)), massive(kind.frame, size, whole, 0)})
		}
		all = append(all, numbered(fmt.Sprintf("9.%d", 1+k), plans)...)
	}
	for k, kind := range messageKinds {
		var plans []about
		for fragment := 64; fragment <= 4<<20; fragment *= 4 {
			plans = append(plans, about{fmt.Sprintf("%s of 4 MiB in fragments of %s", kind.name, sizeName(fragment)), massive(kind.frame, 4<<20, whole, fragment)})
		}
		all = append(all, numbered(fmt.Sprintf("9.%d", 3+k), plans)...)
	}
	for k, kind := range messageKinds {
		var plans []about
		for cut := 64; cut <= 2048; cut *= 2 {
			plans = append(plans, about{fmt.Sprintf("%s of 1 MiB in chops of %d octets", kind.name, cut), massive(kind.frame, 1<<20, chops(cut), 0)})
		}
		all = append(all, numbered(fmt.Sprintf("9.%d", 5+k), plans)...)
	}
	return all
}

// massive sends one message of a size, in fragments if fragment is not 0.
func massive(kind func(string) frame, size int, cut chops, fragment int) plan {
	return plan{talk: func(s *session) error {
		s.chops = cut
		f := kind(strings.Repeat("BAsd7&jh23", size/10+1)[:size])
		if fragment == 0 {
			return s.exchange(f, []frame{f})
		}
		return s.exchange(f, fragments(f, fragment))
	}}
}

// roundTripCases are 9.7 and 9.8: one message after the other.
func roundTripCases() []Case {
	const messages = 1000
	var all []Case
	for k, kind := range messageKinds {
		var plans []about
		for _, size := range []int{0, 16, 64, 256, 1024, 4096} {
			plans = append(plans, about{fmt.Sprintf("%d times %s of %s", messages, kind.name, sizeName(size)), plan{talk: func(s *session) error {
				f := kind.frame(strings.Repeat("*", size))
				for range s.o.count(messages) {
					if err := s.exchange(f, []frame{f}); err != nil {
						return err
					}
				}
				return nil
			}}})
		}
		all = append(all, numbered(fmt.Sprintf("9.%d", 7+k), plans)...)
	}
	return all
}

// exchange sends a message in frames and takes its echo.
func (s *session) exchange(message frame, frames []frame) error {
	s.send(frames...)
	got, err := s.receive(massWait)
	if err != nil {
		return err
	}
	if want := echo(message); got != want {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}
