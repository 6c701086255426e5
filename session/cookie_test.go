package session_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session"
)

const id = "k4pr0v1mq8s2t6u3abcdefghij"

func TestCookie(t *testing.T) {
	c := session.Cookie{Name: "PHPSESSID"}
	tests := []struct {
		header string
		want   string
		err    error
	}{
		{"PHPSESSID=" + id, id, nil},
		{"lang=cs; PHPSESSID=" + id + "; theme=dark", id, nil},
		{"PHPSESSID=" + id + "; PHPSESSID=" + strings.ToUpper(id), id, nil},
		{"lang=cs;PHPSESSID=" + id, id, nil},
		{`PHPSESSID="` + id + `"`, "", session.ErrBadCookie}, // for PHP the quotes belong to the value
		{"path=/; PHPSESSID=" + id, id, nil},                 // Ratchet's parser loses this one
		{"novalue; PHPSESSID=" + id, id, nil},
		{"PHPSESSID=a,b-c_D0123456789abcdef", "a,b-c_D0123456789abcdef", nil},
		{"PHPSESSID=a%2Cb-c_D0123456789abcdef", "a,b-c_D0123456789abcdef", nil},
		{"PHPSESSID=a%2cb%2dc_D0123456789abcdef", "a,b-c_D0123456789abcdef", nil},
		{"PHPSESSID=" + strings.Repeat("%61", 250), strings.Repeat("a", 250), nil},
		{"PHPSESSID=a+b-c_D0123456789abcdef", "", session.ErrBadCookie},
		{"PHPSESSID=a%2-c_D0123456789abcdef", "", session.ErrBadCookie},
		{"PHPSESSID=" + id + "%", "", session.ErrBadCookie},
		{"=x; PHPSESSID=" + id, id, nil},
		{"foo=1; version=2; PHPSESSID=" + id, id, nil},
		{"foo=1; Discard=x; PHPSESSID=" + id, id, nil},
		{";;  ; \t PHPSESSID=" + id, id, nil},
		{"PHPSESSID =" + id, "", session.ErrNoCookie},
		{"PHPSESSID=" + id + " ", "", session.ErrBadCookie},
		{"", "", session.ErrNoCookie},
		{"lang=cs", "", session.ErrNoCookie},
		{"PHPSESSID", "", session.ErrNoCookie},
		{"PHPSESSID=", "", session.ErrNoCookie},
		{"PHPSESSID; PHPSESSID=" + id, "", session.ErrNoCookie},
		{"phpsessid=" + id, "", session.ErrNoCookie},
		{"XPHPSESSID=" + id, "", session.ErrNoCookie},
		{"PHPSESSID[]=" + id, "", session.ErrBadCookie},
		{"PHPSESSID[]=x; PHPSESSID=" + id, "", session.ErrBadCookie}, // an array is no id, and came first
		{"PHPSESSID=short", "", session.ErrBadCookie},
		{"PHPSESSID=" + strings.Repeat("a", 251), "", session.ErrBadCookie},
		{"PHPSESSID=../../../../etc/passwd", "", session.ErrBadCookie},
		{"PHPSESSID=" + id + "%0d%0aflush_all", "", session.ErrBadCookie},
		{"PHPSESSID=" + id + " x", "", session.ErrBadCookie},
		{"PHPSESSID=" + id + "\r\nget x", "", session.ErrBadCookie},
		{"PHPSESSID=" + id + "ž", "", session.ErrBadCookie},
		{"PHPSESSID=bad; PHPSESSID=" + id, "", session.ErrBadCookie},
	}
	for _, test := range tests {
		got, err := c.ID(test.header)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%q: %q, %v; want %q, %v", test.header, got, err, test.want, test.err)
		}
		if err != nil && len(test.header) > 20 && strings.Contains(err.Error(), test.header[12:20]) {
			t.Errorf("%q: the error quotes the cookie: %v", test.header, err)
		}
	}
}

func TestCookieLength(t *testing.T) {
	c := session.Cookie{Name: "s", MinLen: 4, MaxLen: 6}
	for value, want := range map[string]error{"abc": session.ErrBadCookie, "abcd": nil, "abcdef": nil, "abcdefg": session.ErrBadCookie} {
		if _, err := c.ID("s=" + value); !errors.Is(err, want) {
			t.Errorf("%q: %v; want %v", value, err, want)
		}
	}
}

func TestCookieDecode(t *testing.T) {
	failed := errors.New("forged")
	c := session.Cookie{Name: "s", Decode: func(value string) (string, error) {
		if id, ok := strings.CutSuffix(value, ".signed"); ok {
			return id, nil
		}
		return "", failed
	}}
	if got, err := c.ID("s=s%3A7.signed"); got != "s:7" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	underscore := c
	underscore.Name = "my_s"
	if _, err := underscore.ID("my.s=7.signed"); err != session.ErrNoCookie {
		t.Errorf("%v; only PHP makes underscores of dots", err)
	}
	if _, err := c.ID("s=7"); err != failed {
		t.Errorf("%v", err)
	}
	if _, err := c.ID("s=" + strings.Repeat("a", 751)); err != session.ErrBadCookie {
		t.Errorf("a value of any length is decoded: %v", err)
	}
}

// FuzzCookie checks that nothing but a session id comes out of a hostile header,
// and that it is what net/http finds, if the value is plain.
func FuzzCookie(f *testing.F) {
	f.Add("lang=cs; PHPSESSID=" + id)
	f.Add(`PHPSESSID="` + id + `"; a=b`)
	f.Add("PHPSESSID= " + id + " ;PHPSESSID =" + id)
	f.Add("PHPSESSID=; PHPSESSID=\x00;;;===")
	f.Add("PHPSESSID=%61%2c" + id)
	c := session.Cookie{Name: "PHPSESSID"}
	f.Fuzz(func(t *testing.T, header string) {
		got, err := c.ID(header)
		if (err == nil) != (got != "") {
			t.Fatalf("%q, %v", got, err)
		}
		if strings.ContainsFunc(got, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,-_", r)
		}) || len(got) > 250 {
			t.Fatalf("%q is no session id", got)
		}
		r := http.Request{Header: http.Header{"Cookie": {header}}}
		if std, stdErr := r.Cookie("PHPSESSID"); stdErr == nil && err == nil && !strings.Contains(std.Value, "%") && std.Value != got {
			t.Fatalf("%q; net/http finds %q", got, std.Value)
		}
	})
}
