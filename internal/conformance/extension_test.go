package conformance

import "testing"

// What a server may answer to an offer, and what not.
func TestGoesWith(t *testing.T) {
	t.Parallel()
	const pmd = "permessage-deflate"
	for _, test := range []struct {
		offer, answer string
		usable, goes  bool
	}{
		{pmd, pmd, true, true},
		{pmd, pmd + "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9", true, true},
		{pmd, pmd + "; client_max_window_bits=9", true, false},
		{pmd + "; client_max_window_bits", pmd + "; client_max_window_bits=9", true, true},
		{pmd + "; client_max_window_bits=10", pmd + `; client_max_window_bits="9"`, true, true},
		{pmd + "; client_max_window_bits=10", pmd + "; client_max_window_bits=11", true, false},
		{pmd + "; client_max_window_bits=10", pmd, true, true},
		{pmd + "; server_max_window_bits=10", pmd, true, false},
		{pmd + "; server_max_window_bits=10", pmd + "; server_max_window_bits=10", true, true},
		{pmd + "; server_max_window_bits=10", pmd + "; server_max_window_bits=11", true, false},
		{pmd + "; server_max_window_bits=10, " + pmd, pmd, true, true},
		{pmd + "; server_no_context_takeover", pmd, true, false},
		{pmd + "; server_no_context_takeover", pmd + "; server_no_context_takeover", true, true},
		{pmd + "; unknown", pmd, true, false},
		{pmd + "; server_max_window_bits=7", pmd + "; server_max_window_bits=8", true, false},
		{pmd + "; server_max_window_bits", pmd + "; server_max_window_bits=8", true, false},
		{pmd + "; client_no_context_takeover; client_no_context_takeover", pmd, true, false},
		{pmd, pmd + "; unknown", false, false},
		{pmd, pmd + "; client_max_window_bits", false, false},
		{pmd, pmd + "; server_max_window_bits=16", false, false},
		{pmd, pmd + "; server_max_window_bits=09", false, false},
		{pmd, pmd + "; server_no_context_takeover=1", false, false},
		{pmd, pmd + "; server_no_context_takeover; server_no_context_takeover", false, false},
		{pmd, pmd + ", " + pmd, false, false},
		{pmd, "x-webkit-deflate-frame", false, false},
	} {
		answer, params, err := negotiated([]string{test.offer}, []string{test.answer})
		if (err == nil) != test.usable {
			t.Errorf("%q for %q: %v", test.answer, test.offer, err)
		}
		if err != nil {
			continue
		}
		if err := goesWith([]string{test.offer}, *answer, params); (err == nil) != test.goes {
			t.Errorf("%q for %q: %v", test.answer, test.offer, err)
		}
	}
	if _, _, err := negotiated(nil, []string{pmd}); err == nil {
		t.Error("an answer to no offer: no error")
	}
	if answer, params, err := negotiated([]string{pmd}, nil); answer != nil || params != nil || err != nil {
		t.Error("no answer is not taken as a refusal")
	}
}
