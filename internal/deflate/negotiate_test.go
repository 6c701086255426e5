package deflate

import (
	"strings"
	"testing"
)

const (
	plainAnswer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	bitsAnswer  = plainAnswer + "; server_max_window_bits="
)

func TestNegotiate(t *testing.T) {
	const pmd = "permessage-deflate"
	cases := []struct {
		offers   []string
		response string
		p        Params
	}{
		{nil, "", 0},
		{[]string{""}, "", 0},
		{[]string{" ,\t, "}, "", 0},

		// RFC 7692 section 7.1.3, and what browsers say.
		{[]string{pmd}, plainAnswer, 15},
		{[]string{pmd + "; client_max_window_bits; server_max_window_bits=10"}, bitsAnswer + "10", 10},
		{[]string{pmd + "; client_max_window_bits; server_max_window_bits=10, " + pmd + "; client_max_window_bits"}, bitsAnswer + "10", 10},
		{[]string{pmd + "; client_max_window_bits"}, plainAnswer, 15},

		// Autobahn's cases 12 and 13.1 to 13.7.
		{[]string{pmd + "; client_no_context_takeover; client_max_window_bits"}, plainAnswer, 15},
		{[]string{pmd + "; server_no_context_takeover; client_max_window_bits"}, plainAnswer, 15},
		{[]string{pmd + "; server_max_window_bits=9; client_max_window_bits"}, bitsAnswer + "9", 9},
		{[]string{pmd + "; server_max_window_bits=15; client_max_window_bits"}, bitsAnswer + "15", 15},
		{[]string{pmd + "; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits"}, bitsAnswer + "9", 9},
		{[]string{pmd + "; server_no_context_takeover; server_max_window_bits=15; client_max_window_bits"}, bitsAnswer + "15", 15},
		{[]string{pmd + "; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits, " +
			pmd + "; server_no_context_takeover; client_max_window_bits, " + pmd + "; client_max_window_bits"}, bitsAnswer + "9", 9},

		// All that an offer may have.
		{[]string{pmd + "; server_max_window_bits=8"}, bitsAnswer + "8", 8},
		{[]string{pmd + "; server_max_window_bits=14"}, bitsAnswer + "14", 14},
		{[]string{pmd + `; server_max_window_bits="11"`}, bitsAnswer + "11", 11},
		{[]string{pmd + "; client_max_window_bits=8"}, plainAnswer, 15},
		{[]string{pmd + "; client_max_window_bits=15; client_no_context_takeover; server_no_context_takeover"}, plainAnswer, 15},
		{[]string{" \t" + pmd + " ;\tserver_max_window_bits = 12 ; client_no_context_takeover "}, bitsAnswer + "12", 12},
		{[]string{pmd + ";server_max_window_bits=12;client_max_window_bits"}, bitsAnswer + "12", 12},

		// Offers to decline.
		{[]string{pmd + "; server_max_window_bits"}, "", 0},
		{[]string{pmd + "; server_max_window_bits=7"}, "", 0},
		{[]string{pmd + "; server_max_window_bits=0"}, "", 0},
		{[]string{pmd + "; server_max_window_bits=16"}, "", 0},
		{[]string{pmd + "; server_max_window_bits=08"}, "", 0},
		{[]string{pmd + "; server_max_window_bits=+9"}, "", 0},
		{[]string{pmd + "; server_max_window_bits=1e1"}, "", 0},
		{[]string{pmd + "; server_max_window_bits=266"}, "", 0},
		{[]string{pmd + `; server_max_window_bits="1\0"`}, "", 0},
		{[]string{pmd + "; client_max_window_bits=7"}, "", 0},
		{[]string{pmd + "; client_max_window_bits=16"}, "", 0},
		{[]string{pmd + "; client_max_window_bits=x"}, "", 0},
		{[]string{pmd + "; server_no_context_takeover=1"}, "", 0},
		{[]string{pmd + "; client_no_context_takeover=true"}, "", 0},
		{[]string{pmd + "; server_no_context_takeover; server_no_context_takeover"}, "", 0},
		{[]string{pmd + "; client_no_context_takeover; client_no_context_takeover"}, "", 0},
		{[]string{pmd + "; server_max_window_bits=10; server_max_window_bits=10"}, "", 0},
		{[]string{pmd + "; client_max_window_bits; client_max_window_bits=10"}, "", 0},
		{[]string{pmd + "; unknown"}, "", 0},
		{[]string{pmd + "; unknown=1"}, "", 0},
		{[]string{pmd + "; Server_No_Context_Takeover"}, "", 0},
		{[]string{"x-webkit-deflate-frame"}, "", 0},
		{[]string{"permessage-deflate2, permessage-deflat, permessage-deflatf"}, "", 0},
		{[]string{"permessage-bzip2; server_max_window_bits=10"}, "", 0},

		// The first one that is acceptable.
		{[]string{pmd + "; unknown, " + pmd + "; server_max_window_bits=10, " + pmd}, bitsAnswer + "10", 10},
		{[]string{pmd + "; server_max_window_bits=7, " + pmd}, plainAnswer, 15},
		{[]string{pmd + ", " + pmd + "; server_max_window_bits=10"}, plainAnswer, 15},
		{[]string{pmd + "; server_max_window_bits=9; server_max_window_bits=9, " + pmd + "; client_max_window_bits"}, plainAnswer, 15},
		{[]string{`foo; a=1; a=2; b="x\"y"; c, ` + pmd}, "", 0},
		{[]string{`foo; a=1; a=2; b="x\y"; c, ` + pmd}, plainAnswer, 15},
		{[]string{",,foo,," + pmd + ",,"}, plainAnswer, 15},
		{[]string{"foo", pmd + "; server_max_window_bits=13", pmd}, bitsAnswer + "13", 13},

		// No list of extensions.
		{[]string{pmd + `, foo; a=""`}, "", 0},
		{[]string{pmd + `, foo; a="`}, "", 0},
		{[]string{pmd + `, foo; a="b`}, "", 0},
		{[]string{pmd + `, foo; a="b\`}, "", 0},
		{[]string{pmd + ";"}, "", 0},
		{[]string{pmd + "; ; client_max_window_bits"}, "", 0},
		{[]string{pmd + "; client_max_window_bits="}, "", 0},
		{[]string{pmd + `; client_max_window_bits=""`}, "", 0},
		{[]string{pmd + `; client_max_window_bits="10`}, "", 0},
		{[]string{pmd + `; client_max_window_bits="10\`}, "", 0},
		{[]string{pmd + `; client_max_window_bits="1 0"`}, "", 0},
		{[]string{pmd + "; =10"}, "", 0},
		{[]string{pmd + " client_max_window_bits"}, "", 0},
		{[]string{pmd + "; client_max_window_bits=10 11"}, "", 0},
		{[]string{pmd + "=10"}, "", 0},
		{[]string{"; " + pmd}, "", 0},
		{[]string{pmd + ", ;"}, "", 0},
		{[]string{pmd + ", f\x00o"}, "", 0},
		{[]string{pmd + ", \x00"}, "", 0},
		{[]string{pmd + ", f\xc3\xbc"}, "", 0},
		{[]string{pmd + "\r\n"}, "", 0},
		{[]string{pmd, "(no list)"}, "", 0},
		{[]string{"(no list)", pmd}, "", 0},
	}
	for _, c := range cases {
		response, p, ok := Negotiate(c.offers...)
		if response != c.response || p != c.p || ok != (c.p != 0) {
			t.Errorf("%q: %q, %d, %v; want %q, %d", c.offers, response, p, ok, c.response, c.p)
		}
	}
}

func TestFits(t *testing.T) {
	if Params(0).Fits(Threshold) || Params(0).Fits(1<<20) {
		t.Error("without negotiation")
	}
	for p := minBits; p <= maxBits; p++ {
		for n := range 1 << 17 {
			want := n >= Threshold && (n <= 1<<p || p == 15)
			if p.Fits(n) != want {
				t.Fatalf("%d bits, %d bytes: %v", p, n, !want)
			}
		}
	}
}

func TestNegotiateAllocs(t *testing.T) {
	long := strings.Repeat(`foo; bar="\b\a\z", permessage-deflate; client_max_window_bits=99,`, 100)
	if n := allocs(func() {
		if _, p, _ := Negotiate(long, "permessage-deflate; server_max_window_bits=10"); p != 10 {
			t.Fatal(p)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzNegotiate(f *testing.F) {
	for _, seed := range []string{
		"permessage-deflate; client_max_window_bits",
		"permessage-deflate; server_max_window_bits=10, permessage-deflate",
		`foo; a="b\c", permessage-deflate; server_max_window_bits="9"; server_no_context_takeover`,
		"permessage-deflate; ;", ",", `permessage-deflate; client_max_window_bits="`,
	} {
		f.Add(seed, "permessage-deflate")
		f.Add("foo", seed)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		response, p, ok := Negotiate(one, two)
		if !ok {
			if response != "" || p != 0 {
				t.Errorf("declined with %q, %d", response, p)
			}
			return
		}
		// One line is as good as two.
		if r, q, ok := Negotiate(one + "," + two); !ok || r != response || q != p {
			t.Errorf("in one line: %q, %d, %v; in two: %q, %d", r, q, ok, response, p)
		}
		// The response is what it should be, and an offer would be understood.
		if bits, asked := strings.CutPrefix(response, bitsAnswer); asked {
			if v, valid := windowBits(bits); !valid || v != p {
				t.Errorf("%q with %d bits", response, p)
			}
			if !strings.Contains(one+two, "server_max_window_bits") {
				t.Errorf("%q was not asked for", response)
			}
		} else if response != plainAnswer || p != maxBits {
			t.Errorf("%q with %d bits", response, p)
		}
		if r, q, ok := Negotiate(response); !ok || r != response || q != p {
			t.Errorf("%q is no offer: %q, %d, %v", response, r, q, ok)
		}
	})
}
