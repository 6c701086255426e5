package laravelsession_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session"
	"github.com/rollcall-go/rollcall/session/laravelsession"
)

// FuzzCookie checks that no cookie is taken that the website did not make.
func FuzzCookie(f *testing.F) {
	x := load(f)
	f.Add("laravel_session=" + x.CBC.Cookie)
	f.Add("a=b; laravel_session=" + x.GCM.Cookie)
	f.Add("laravel_session=" + sealCBC(pad(sid), appKey).String())
	f.Add("laravel_session=e30=; laravel_session=%")
	cbc, gcm := encrypter(f, "AES-256-CBC", x.Key), encrypter(f, "AES-256-GCM", x.Key)
	f.Fuzz(func(t *testing.T, header string) {
		for _, e := range []*laravelsession.Encrypter{cbc, gcm} {
			id, err := e.Cookie("laravel_session").ID(header)
			if err == nil && id != x.CBC.SID || err != nil && !errors.Is(err, session.ErrBadCookie) && !errors.Is(err, session.ErrNoCookie) {
				t.Fatalf("%q, %v", id, err)
			}
		}
	})
}

// FuzzContent seals whatever content: what comes out is a session id.
func FuzzContent(f *testing.F) {
	f.Add(content("s", sid, appKey))
	f.Add("|")
	f.Add(content("s", "../../../../../../../../../../../etc/passw", appKey))
	e := encrypter(f, "", appKey)
	f.Fuzz(func(t *testing.T, plain string) {
		id, err := e.Cookie("s").ID("s=" + sealCBC(pad(plain), appKey).String())
		if err == nil && (len(id) != 40 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "") {
			t.Fatalf("%q", id)
		}
	})
}

// FuzzDecode checks that an input ends as values or as an error, with and without
// the layers around it.
func FuzzDecode(f *testing.F) {
	x := load(f)
	f.Add([]byte(x.Database))
	f.Add([]byte(x.Redis))
	f.Add([]byte(`{"_token":"x","list":[1,2.5]}`))
	f.Add([]byte(sealCBC(pad(`s:6:"a:0:{}";`), appKey).String()))
	f.Add([]byte(base64.StdEncoding.EncodeToString([]byte(sealCBC(pad(`s:2:"{}";`), appKey).String()))))
	e := encrypter(f, "", appKey)
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := laravelsession.Decode(data)
		if (err == nil) != (values != nil) {
			t.Fatalf("%v, %v", values, err)
		}
		if payload, err := e.Unwrap(data, 1<<20); err == nil && len(payload) > len(data) {
			t.Fatalf("%d bytes of %d", len(payload), len(data))
		}
		if payload, err := e.Unwrap([]byte(sealCBC(pad(string(data)), appKey).String()), 1<<20); err == nil {
			laravelsession.Decode(payload)
		}
	})
}
