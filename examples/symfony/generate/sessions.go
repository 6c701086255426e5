package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/examples/symfony/website"
)

// An entry is what the manifest says of one session.
type entry struct {
	File       string          `json:"file"`
	Bytes      int             `json:"bytes"`
	SHA256     string          `json:"sha256"`
	SID        string          `json:"sid"`
	Context    *string         `json:"context"` // the X of _security_X; nil: nobody has signed in
	Who        json.RawMessage `json:"who"`
	SetCookies []string        `json:"set_cookie"`
	OldSID     *string         `json:"old_sid_after_logout"`
	OldBytes   *int            `json:"old_row_bytes,omitempty"`
}

func writeSessions(dir string, f *folder) error {
	if err := os.MkdirAll(f.config.Dir, 0o700); err != nil {
		return err
	}
	site, err := website.Start(&f.config)
	if err != nil {
		return err
	}
	defer site.Stop()
	if err := empty(dir); err != nil {
		return err
	}
	manifest := map[string]entry{}
	for _, c := range f.cases {
		e, data, err := run(site, f.config.Dir, &c)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", c.name, err, site.Log())
		}
		if err := os.WriteFile(filepath.Join(dir, e.File), data, 0o666); err != nil {
			return err
		}
		manifest[c.name] = *e
		// Each case finds the accounts as they were.
		if err := os.Remove(filepath.Join(f.config.Dir, "accounts.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return writeJSON(filepath.Join(dir, "manifest.json"), manifest)
}

// run lets a visitor do his case and returns what the website has of it.
func run(site *website.Site, dir string, c *sessionCase) (*entry, []byte, error) {
	v := site.Visitor()
	if err := c.visit(v); err != nil {
		return nil, nil, err
	}
	text, err := v.Get(c.firewall + "/whoami")
	if err != nil {
		return nil, nil, err
	}
	var who website.Who
	if err := json.Unmarshal([]byte(text), &who); err != nil {
		return nil, nil, fmt.Errorf("whoami: %w", err)
	}
	e := &entry{File: c.name + ".sess", Who: json.RawMessage(text), SID: v.SessionID(), SetCookies: v.SetCookies}
	if who.User != "" && who.Token != anonymousToken {
		e.Context = &who.Context
	}
	if c.also != "" {
		*e.Context += " (and " + c.also + ")"
	}
	if last := lastSession(v.SetCookies); e.SID == "" && last != "" {
		old, err := session(dir, last)
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("the website has forgotten the session's cookie, but not the session: %w", err)
		}
		size := len(old)
		e.OldSID, e.OldBytes = &last, &size
	}
	data, err := session(dir, e.SID)
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(data)
	e.Bytes, e.SHA256 = len(data), hex.EncodeToString(sum[:])
	return e, data, nil
}

const anonymousToken = `Symfony\Component\Security\Core\Authentication\Token\AnonymousToken`

// lastSession returns the last session id that the website gave out.
func lastSession(setCookies []string) string {
	for _, c := range slices.Backward(setCookies) {
		pair, _, _ := strings.Cut(c, ";")
		if id, ok := strings.CutPrefix(pair, "PHPSESSID="); ok && id != "deleted" {
			return id
		}
	}
	return ""
}

// session returns the bytes of a session as they lie in the website's folder.
func session(dir, sid string) ([]byte, error) {
	if sid == "" {
		return nil, nil
	}
	return os.ReadFile(filepath.Join(dir, "sessions", "sess_"+sid))
}

func writeJSON(path string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o666)
}
