package conformance

import "fmt"

// Cases returns the cases of the suite, in its order.
func Cases() []Case {
	var all []Case
	for _, part := range [][]Case{
		framingCases(), pingCases(), reservedBitCases(), reservedOpcodeCases(), fragmentationCases(),
		utf8Cases(), utf8SequenceCases(), closeCases(), closeCodeCases(), massCases(), roundTripCases(),
		autoFragmentCases(), compressionCases(), negotiationCases(),
	} {
		all = append(all, part...)
	}
	return all
}

// numbered returns a case for each plan, with the ids prefix.1, prefix.2, ...
func numbered(prefix string, plans []about) []Case {
	cases := make([]Case, len(plans))
	for i, p := range plans {
		cases[i] = Case{fmt.Sprintf("%s.%d", prefix, i+1), p.text, p.plan}
	}
	return cases
}

// about is a plan and what it does.
type about struct {
	text string
	plan plan
}

// answered is a plan that sends frames and wants some answer, then closes.
func answered(cut chops, want []event, frames ...frame) plan {
	return plan{want: want, send: sending(cut, frames...)}
}

// failed is a plan that sends frames for which the server has to fail the
// connection, after it has answered what came before them. The suite does not
// insist on that answer.
func failed(cut chops, want []event, frames ...frame) plan {
	p := plan{ends: server, want: want, send: sending(cut, frames...)}
	if len(want) > 0 {
		p.loose = [][]event{nil}
	}
	return p
}

func sending(cut chops, frames ...frame) func(*session) {
	return func(s *session) {
		s.chops = cut
		s.send(frames...)
	}
}

// cuts are the three ways in which many of the suite's cases are sent.
var cuts = []struct {
	chops chops
	name  string
}{{whole, "in one chop"}, {frameWise, "in frame-wise chops"}, {octetWise, "in octet-wise chops"}}
