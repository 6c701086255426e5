package conformance

import (
	"fmt"
	"strings"
)

const (
	hello      = "Hello, world!"
	someBytes  = "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
	maxControl = 125
)

// framingCases are 1.1 and 1.2: messages around the sizes where the header grows.
func framingCases() []Case {
	sizes := []int{0, 125, 126, 127, 128, 65535, 65536, 65536}
	kinds := []struct {
		frame func(string) frame
		octet string
		name  string
	}{{text, "*", "text"}, {bin, "\xfe", "binary"}}
	var all []Case
	for k, kind := range kinds {
		var plans []about
		for i, size := range sizes {
			cut, how := whole, ""
			if i == len(sizes)-1 {
				cut, how = 997, " in chops of 997 octets"
			}
			f := kind.frame(strings.Repeat(kind.octet, size))
			plans = append(plans, about{fmt.Sprintf("%s message of %d bytes%s", kind.name, size, how), answered(cut, []event{echo(f)}, f)})
		}
		all = append(all, numbered(fmt.Sprintf("1.%d", k+1), plans)...)
	}
	return all
}

// pingCases are category 2.
func pingCases() []Case {
	long := strings.Repeat("\xfe", maxControl)
	var pings []frame
	var pongs []event
	for i := range 10 {
		f := ping(fmt.Sprintf("payload-%d", i))
		pings, pongs = append(pings, f), append(pongs, echo(f))
	}
	one := func(f frame, cut chops) plan { return answered(cut, []event{echo(f)}, f) }
	return numbered("2", []about{
		{"ping without payload", one(ping(""), whole)},
		{"ping with text", one(ping(hello), whole)},
		{"ping with binary payload", one(ping(someBytes), whole)},
		{"ping of 125 bytes", one(ping(long), whole)},
		{"ping of 126 bytes", failed(whole, nil, ping(long+"\xfe"))},
		{"ping of 125 bytes in octet-wise chops", one(ping(long), octetWise)},
		{"unsolicited pong without payload", answered(whole, nil, pong(""))},
		{"unsolicited pong with payload", answered(whole, nil, pong("unsolicited pong payload"))},
		{"unsolicited pong, then ping", answered(whole, []event{{pongFrame, "ping payload"}}, pong("unsolicited pong payload"), ping("ping payload"))},
		{"ten pings", answered(whole, pongs, pings...)},
		{"ten pings in octet-wise chops", answered(octetWise, pongs, pings...)},
	})
}

// autoFragmentCases are 10.1.
func autoFragmentCases() []Case {
	message := text(strings.Repeat("*", 65536))
	return numbered("10.1", []about{
		{"text of 65536 bytes in fragments of 1300", answered(whole, []event{echo(message)}, fragments(message, 1300)...)},
	})
}
