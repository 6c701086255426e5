package laravelsession_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session"
)

const appKey = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

// sealed are the parts of an envelope, to be changed before it is closed.
type sealed struct {
	IV    any `json:"iv"`
	Value any `json:"value"`
	MAC   any `json:"mac"`
	Tag   any `json:"tag,omitempty"` // nil: not there, as up to Laravel 8
}

func (s sealed) String() string {
	text, _ := json.Marshal(s)
	return base64.StdEncoding.EncodeToString(text)
}

// sealCBC seals bytes that are padded already.
func sealCBC(padded []byte, key string) sealed {
	block, _ := aes.NewCipher([]byte(key))
	iv, value := []byte("0123456789abcdef"), bytes.Clone(padded)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(value, value)
	s := sealed{IV: base64.StdEncoding.EncodeToString(iv), Value: base64.StdEncoding.EncodeToString(value), Tag: ""}
	s.MAC = macOf(s, key)
	return s
}

func macOf(s sealed, key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(s.IV.(string) + s.Value.(string)))
	return hex.EncodeToString(mac.Sum(nil))
}

func sealGCM(plain []byte, key string) sealed {
	block, _ := aes.NewCipher([]byte(key))
	gcm, _ := cipher.NewGCM(block)
	iv := []byte("0123456789ab")
	both := gcm.Seal(nil, iv, plain, nil)
	value, tag := both[:len(plain)], both[len(plain):]
	encode := base64.StdEncoding.EncodeToString
	return sealed{IV: encode(iv), Value: encode(value), MAC: "", Tag: encode(tag)}
}

func pad(text string) []byte {
	n := 16 - len(text)%16
	return append([]byte(text), bytes.Repeat([]byte{byte(n)}, n)...)
}

// content is what the cookie of this name holds.
func content(name, id, key string) string {
	mac := hmac.New(sha1.New, []byte(key))
	mac.Write([]byte(name + "v2"))
	return hex.EncodeToString(mac.Sum(nil)) + "|" + id
}

func TestCookie(t *testing.T) {
	good := content("s", sid, appKey)
	cbc, gcm := sealCBC(pad(good), appKey), sealGCM([]byte(good), appKey)
	change := func(s sealed, f func(*sealed)) string {
		f(&s)
		return s.String()
	}
	other := strings.Repeat("x", 32)
	broken := pad(good)
	broken[len(broken)-2]++
	text := func(plain string) [2]string {
		return [2]string{sealCBC(pad(plain), appKey).String(), sealGCM([]byte(plain), appKey).String()}
	}
	for name, test := range map[string]struct {
		values [2]string // in CBC and in GCM; either may be ""
		want   error
	}{
		"good":                  {[2]string{cbc.String(), gcm.String()}, nil},
		"without a tag":         {[2]string{change(cbc, func(s *sealed) { s.Tag = nil }), ""}, nil},
		"tag is null":           {[2]string{change(cbc, func(s *sealed) { s.Tag = json.RawMessage("null") }), ""}, nil},
		"of the other mode":     {[2]string{gcm.String(), cbc.String()}, session.ErrBadCookie},
		"another key":           {[2]string{sealCBC(pad(good), other).String(), sealGCM([]byte(good), other).String()}, session.ErrBadCookie},
		"no MAC":                {[2]string{change(cbc, func(s *sealed) { s.MAC = "" }), ""}, session.ErrBadCookie},
		"a MAC in capitals":     {[2]string{change(cbc, func(s *sealed) { s.MAC = strings.ToUpper(s.MAC.(string)) }), ""}, session.ErrBadCookie},
		"half a MAC":            {[2]string{change(cbc, func(s *sealed) { s.MAC = s.MAC.(string)[:32] }), ""}, session.ErrBadCookie},
		"MAC is true":           {[2]string{change(cbc, func(s *sealed) { s.MAC = true }), ""}, session.ErrBadCookie},
		"MAC is 0":              {[2]string{change(cbc, func(s *sealed) { s.MAC = 0 }), ""}, session.ErrBadCookie},
		"value is a list":       {[2]string{change(cbc, func(s *sealed) { s.Value = []string{} }), change(gcm, func(s *sealed) { s.Value = []int{1} })}, session.ErrBadCookie},
		"another IV":            {[2]string{change(cbc, func(s *sealed) { s.IV = "MTIzNDU2Nzg5YWJjZGVmMA==" }), change(gcm, func(s *sealed) { s.IV = "MTIzNDU2Nzg5YWJj" })}, session.ErrBadCookie},
		"a short IV":            {[2]string{remac(change, cbc, func(s *sealed) { s.IV = "MTIz" }), change(gcm, func(s *sealed) { s.IV = "MTIz" })}, session.ErrBadCookie},
		"no IV":                 {[2]string{remac(change, cbc, func(s *sealed) { s.IV = "" }), change(gcm, func(s *sealed) { s.IV = "" })}, session.ErrBadCookie},
		"no value":              {[2]string{remac(change, cbc, func(s *sealed) { s.Value = "" }), change(gcm, func(s *sealed) { s.Value = "" })}, session.ErrBadCookie},
		"half a block":          {[2]string{remac(change, cbc, func(s *sealed) { s.Value = "MTIz" }), ""}, session.ErrBadCookie},
		"value not base64":      {[2]string{remac(change, cbc, func(s *sealed) { s.Value = "!" }), change(gcm, func(s *sealed) { s.Value = "!" })}, session.ErrBadCookie},
		"a tag with CBC":        {[2]string{change(cbc, func(s *sealed) { s.Tag = "MTIz" }), ""}, session.ErrBadCookie},
		"a short tag":           {[2]string{"", change(gcm, func(s *sealed) { s.Tag = s.Tag.(string)[:8] })}, session.ErrBadCookie},
		"no tag":                {[2]string{"", change(gcm, func(s *sealed) { s.Tag = "" })}, session.ErrBadCookie},
		"a changed tag":         {[2]string{"", change(gcm, func(s *sealed) { s.Tag = "MDEyMzQ1Njc4OWFiY2RlZg==" })}, session.ErrBadCookie},
		"no padding":            {[2]string{sealCBC(bytes.Repeat([]byte("x"), 16), appKey).String(), ""}, session.ErrBadCookie},
		"padding of 0":          {[2]string{sealCBC(make([]byte, 16), appKey).String(), ""}, session.ErrBadCookie},
		"padding of 17":         {[2]string{sealCBC(bytes.Repeat([]byte{17}, 32), appKey).String(), ""}, session.ErrBadCookie},
		"wrong padding":         {[2]string{sealCBC([]byte("0123456789abc\x01\x02\x03"), appKey).String(), ""}, session.ErrBadCookie},
		"broken padding":        {[2]string{sealCBC(broken, appKey).String(), ""}, session.ErrBadCookie},
		"only padding":          {text(""), session.ErrBadCookie},
		"the bare id":           {text(sid), session.ErrBadCookie},
		"no prefix":             {text("|" + sid), session.ErrBadCookie},
		"another name's prefix": {text(content("t", sid, appKey)), session.ErrBadCookie},
		"another key's prefix":  {text(content("s", sid, other)), session.ErrBadCookie},
		"half a prefix":         {text(good[20:]), session.ErrBadCookie},
		"a prefix in capitals":  {text(strings.ToUpper(good[:40]) + good[40:]), session.ErrBadCookie},
		"no id":                 {text(content("s", "", appKey)), session.ErrBadCookie},
		"a short id":            {text(content("s", sid[1:], appKey)), session.ErrBadCookie},
		"a long id":             {text(content("s", sid+"x", appKey)), session.ErrBadCookie},
		"a path":                {text(content("s", "../"+sid[3:], appKey)), session.ErrBadCookie},
		"a line break":          {text(content("s", sid[1:]+"\n", appKey)), session.ErrBadCookie},
		"serialized":            {text(`s:81:"` + good + `";`), session.ErrBadCookie},
		"JSON":                  {[2]string{`{"iv":"","value":"","mac":""}`, "{}"}, session.ErrBadCookie},
		"a list":                {[2]string{"W10=", "W10="}, session.ErrBadCookie},
		"null":                  {[2]string{"bnVsbA==", "bnVsbA=="}, session.ErrBadCookie},
		"text":                  {[2]string{sid, sid}, session.ErrBadCookie},
		"long":                  {[2]string{strings.Repeat("A", 2052), strings.Repeat("A", 2052)}, session.ErrBadCookie},
		"very long":             {[2]string{strings.Repeat("A", 60_000), strings.Repeat("A", 60_000)}, session.ErrBadCookie},
	} {
		for i, cipher := range []string{"AES-256-CBC", "AES-256-GCM"} {
			if test.values[i] == "" {
				continue
			}
			id, err := encrypter(t, cipher, appKey).Cookie("s").ID("s=" + url.QueryEscape(test.values[i]))
			if !errors.Is(err, test.want) || (err == nil) != (id == sid) {
				t.Errorf("%s, %s: %q, %v; want %v", name, cipher, id, err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), sid) || !strings.Contains(err.Error(), ":")) {
				t.Errorf("%s, %s: %v", name, cipher, err)
			}
		}
	}
	for _, header := range []string{"", "t=x", "s="} {
		if _, err := encrypter(t, "", appKey).Cookie("s").ID(header); !errors.Is(err, session.ErrNoCookie) {
			t.Errorf("%q: %v", header, err)
		}
	}
}

// remac changes an envelope and signs it again, as only the website could.
func remac(change func(sealed, func(*sealed)) string, s sealed, f func(*sealed)) string {
	return change(s, func(s *sealed) {
		f(s)
		s.MAC = macOf(*s, appKey)
	})
}
