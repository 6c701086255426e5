package conformance

import (
	"fmt"
	"strings"
)

// messageSizes are the sizes of the compressed messages, and those of the
// fragments that their compressed form is cut into; 0 is for one frame.
var messageSizes = []struct{ message, fragment int }{
	{16, 0}, {64, 0}, {256, 0}, {1024, 0}, {4096, 0}, {8192, 0}, {16384, 0}, {32768, 0}, {65536, 0}, {131072, 0},
	{8192, 256}, {16384, 256}, {32768, 256}, {65536, 256}, {131072, 256}, {131072, 1024}, {131072, 4096}, {131072, 32768},
}

// defaultOffer lets the server ask for anything.
const defaultOffer = "permessage-deflate; client_no_context_takeover; client_max_window_bits"

// compressionCases are 12.1 to 12.5: five corpora.
func compressionCases() []Case {
	var all []Case
	for i, c := range corpora {
		all = append(all, compressed(fmt.Sprintf("12.%d", 1+i), c, defaultOffer)...)
	}
	return all
}

// negotiationCases are 13.1 to 13.7: seven offers.
func negotiationCases() []Case {
	const noTakeover = "; " + serverNoTakeover
	bits := func(n int) string { return fmt.Sprintf("; %s=%d", serverBits, n) }
	var all []Case
	for i, offer := range []string{
		defaultOffer,
		defaultOffer + noTakeover,
		defaultOffer + bits(9),
		defaultOffer + bits(15),
		defaultOffer + noTakeover + bits(9),
		defaultOffer + noTakeover + bits(15),
		strings.Join([]string{defaultOffer + noTakeover + bits(9), defaultOffer + noTakeover, defaultOffer}, ", "),
	} {
		all = append(all, compressed(fmt.Sprintf("13.%d", 1+i), corpora[0], offer)...)
	}
	return all
}

// compressed are cases that send a thousand messages of each size.
func compressed(prefix string, c corpus, offer string) []Case {
	const messages = 1000
	var plans []about
	for _, size := range messageSizes {
		what := fmt.Sprintf("%d times %s of %s", messages, c.about, sizeName(size.message))
		if size.fragment > 0 {
			what += fmt.Sprintf(" in fragments of %d", size.fragment)
		}
		plans = append(plans, about{what + ": " + offer, plan{
			offers:     []string{offer},
			compressed: true,
			talk: func(s *session) error {
				cut := cutter{data: c.data()}
				for i := range s.o.count(messages) {
					if err := s.exchangeCompressed(c.binary, cut.next(size.message), size.fragment); err != nil {
						return fmt.Errorf("message %d: %w", i+1, err)
					}
				}
				return nil
			},
		}})
	}
	return numbered(prefix, plans)
}

// exchangeCompressed sends a message compressed, in fragments unless their size is
// 0, and takes its echo.
func (s *session) exchangeCompressed(binary bool, message string, fragment int) error {
	f := text(message)
	if binary {
		f = bin(message)
	}
	packed := f.reserved(rsv1)
	packed.payload = s.deflate.compress(message)
	if fragment == 0 {
		fragment = len(packed.payload)
	}
	return s.exchange(f, fragments(packed, fragment))
}
