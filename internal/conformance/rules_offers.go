package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// offerRules are about the negotiation: RFC 7692, section 7.1. An offer that is
// not valid must be declined, but the handshake goes on.
func offerRules() []Case {
	const pmd = "permessage-deflate"
	var plans []about
	for _, params := range []string{
		"unknown", "unknown=1", serverNoTakeover + "=1", clientNoTakeover + "=true", serverBits,
		serverBits + "=7", serverBits + "=16", serverBits + "=0", serverBits + "=09", serverBits + "=-9", serverBits + "=10.0", serverBits + "=x",
		clientBits + "=7", clientBits + "=16", clientBits + "=08", clientBits + "=99999999999999999999",
		clientBits + "; " + clientBits, serverBits + "=10; " + serverBits + "=10", serverNoTakeover + "; " + serverNoTakeover,
	} {
		plans = append(plans, about{"an offer with " + params, negotiating(false, pmd+"; "+params)})
	}
	plans = append(plans,
		about{"another extension", negotiating(false, "x-webkit-deflate-frame")},
		about{"an offer with a window of 256 bytes for the server", negotiating(false, pmd+"; "+serverBits+"=8")},
		about{"a hundred offers that are not valid", negotiating(false, strings.TrimSuffix(strings.Repeat(pmd+"; unknown, ", 100), ", "))},
	)
	for _, offers := range [][]string{
		{pmd},
		{pmd + ";" + clientBits + " ;  " + clientNoTakeover},
		{"x-unknown; a=1, " + pmd},
		{"x-unknown", pmd},
		{pmd + "; unknown, " + pmd},
		{pmd + "; " + serverBits + "=16", pmd},
		{pmd + "; " + serverBits + `="12"`},
		{pmd + "; " + clientBits + "=8"},
		{pmd + "; " + clientBits + "=15"},
		{pmd + "; " + clientNoTakeover},
		{pmd + "; " + serverNoTakeover},
	} {
		plans = append(plans, about{"offers " + strings.Join(offers, " and "), negotiating(true, offers...)})
	}
	return numbered("Z.7.1", plans)
}

// negotiating makes offers and then has a short talk, compressed if one of them
// was accepted.
func negotiating(needed bool, offers ...string) plan {
	return plan{offers: offers, compressed: needed, talk: func(s *session) error {
		for range 3 {
			if s.deflate == nil {
				if err := s.exchange(text(hello), []frame{text(hello)}); err != nil {
					return err
				}
			} else if err := s.exchangeCompressed(false, hello, 0); err != nil {
				return err
			}
		}
		return nil
	}}
}

// windowRules are about what one side may refer back to: RFC 7692, sections 7.1.1,
// 7.1.2 and 7.2. Each message has a repetition that a larger window would see.
func windowRules() []Case {
	var plans []about
	for bits := 8; bits <= 15; bits++ {
		for _, more := range []string{"", "; " + serverNoTakeover} {
			offer := fmt.Sprintf("permessage-deflate; %s=%d%s", serverBits, bits, more)
			plans = append(plans, about{"repetitions, offering " + offer, repeating(offer, 1<<bits)})
		}
	}
	for _, offer := range []string{"permessage-deflate", "permessage-deflate; " + clientBits, "permessage-deflate; " + clientNoTakeover, "permessage-deflate; " + serverNoTakeover} {
		plans = append(plans, about{"repetitions, offering " + offer, repeating(offer, 30000)})
	}
	return numbered("Z.7.2", plans)
}

// repeating sends messages that repeat after some bytes, within and between them.
func repeating(offer string, after int) plan {
	return plan{offers: []string{offer}, compressed: true, talk: func(s *session) error {
		r := rand.New(rand.NewPCG(uint64(after), 7))
		part := make([]byte, after+100)
		for i := range part {
			part[i] = "0123456789abcdef"[r.IntN(16)]
		}
		for _, message := range []string{string(part), string(part), string(part[:after/2]), string(part) + string(part), hello} {
			for _, binary := range []bool{true, false} {
				if err := s.exchangeCompressed(binary, message, 0); err != nil {
					return err
				}
			}
		}
		return nil
	}}
}
