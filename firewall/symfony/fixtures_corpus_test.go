package symfony_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/session/php"
	"github.com/rollcall-go/rollcall/session/phpserialize"
)

// A corpusCase is what PHP's unserialize() said of an input.
type corpusCase struct {
	Accepts bool    `json:"php_accepts"`
	Message *string `json:"php_msg"`
}

func (n *tally) checkCorpus(t *testing.T, dir string, cases map[string]corpusCase) {
	for name, c := range cases {
		data, ok := n.read(t, dir, name+".ser")
		if !ok {
			continue
		}
		n.corpus++
		_, err := phpserialize.Parse(data)
		switch {
		case err == nil && !c.Accepts && !aboutClasses(c.Message):
			t.Errorf("%s: is taken; PHP says %s", name, str(c.Message))
		case err != nil && c.Accepts && !meant(data, err):
			t.Errorf("%s: %v; PHP takes it", name, err)
		}
	}
}

// aboutClasses reports whether PHP refused an input because of the classes that
// it had, and not because of the format.
func aboutClasses(message *string) bool {
	return message != nil && strings.Contains(*message, "Class '") && strings.Contains(*message, "' not found")
}

var (
	numbers   = regexp.MustCompile(`\d{19,}`)
	escaped   = regexp.MustCompile(`(^|[;{])S:\d`)
	signed    = regexp.MustCompile(`^[OC]:\d+:"[^"]*":([+-]|:\{)`)
	reference = regexp.MustCompile(`;[rR]:\d`)
)

// meant reports whether an input is one of those that are refused although PHP
// takes them.
func meant(data []byte, err error) bool {
	p := phpserialize.NewParser(data)
	if _, err := p.Value(); err == nil && p.Offset() < len(data) {
		return true // bytes after the value
	}
	if slices.ContainsFunc(numbers.FindAll(data, -1), outOfRange) {
		return true
	}
	if errors.Is(err, phpserialize.ErrLimit) {
		return bytes.Count(data, []byte("{")) > 128 || len(data) > 4<<10
	}
	return escaped.Match(data) || signed.Match(data) ||
		reference.Match(data) && strings.Contains(err.Error(), "no key twice")
}

func outOfRange(number []byte) bool {
	_, err := strconv.ParseInt(string(number), 10, 64)
	return err != nil
}

// An edgeEntry is what PHP's session_encode() and session_decode() made of a
// session.
type edgeEntry struct {
	Encoded bool
	Decodes *bool
	Keys    []any // strings, and integers
}

func (n *tally) checkEdge(t *testing.T, dir string, entries map[string]edgeEntry) {
	for name, e := range entries {
		data, ok := n.read(t, dir, name+".sess")
		if !ok {
			continue
		}
		n.edge++
		values, err := php.Decode(data)
		if e.Decodes != nil && !*e.Decodes {
			if err == nil {
				t.Errorf("%s: is decoded; PHP does not", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got, want []string
		for key := range values {
			got = append(got, key)
		}
		for _, key := range e.Keys {
			text, ok := key.(string)
			if !ok {
				number, _ := json.Marshal(key)
				text = string(number)
			}
			want = append(want, text)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: has the keys %q; want %q", name, got, want)
		}
	}
}
