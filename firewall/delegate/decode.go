package delegate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/rollcall-go/rollcall/firewall"
)

var (
	errJSON   = errors.New(`delegate: the website's answer is not JSON of the form {"user": "alice", "roles": ["ROLE_USER"]}`)
	errNoUser = errors.New(`delegate: the website's answer has no "user", which is null if nobody has signed in`)
	errUser   = errors.New(`delegate: the "user" in the website's answer is neither a string nor an integer`)
)

// Decode reads a JSON object with the members user, a string or an integer, and
// roles, impersonator, remembered and attributes, an object of strings, all of
// which may be missing. It returns nil if the user is null or "", or if the
// answer is null. It is the default of [Options].Decode.
func Decode(body []byte) (*firewall.Identity, error) {
	if bytes.Equal(bytes.TrimSpace(body), []byte("null")) {
		return nil, nil
	}
	var answer struct {
		User         json.RawMessage   `json:"user"`
		Roles        []string          `json:"roles"`
		Impersonator string            `json:"impersonator"`
		Remembered   bool              `json:"remembered"`
		Attributes   map[string]string `json:"attributes"`
	}
	// The errors of encoding/json quote the input, hence others.
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(&answer); err != nil {
		return nil, errJSON
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errJSON
	}
	if answer.User == nil {
		return nil, errNoUser
	}
	user, err := decodeUser(answer.User)
	if err != nil || user == "" {
		return nil, err
	}
	return &firewall.Identity{
		User: user, Roles: answer.Roles, Impersonator: answer.Impersonator,
		Remembered: answer.Remembered, Attributes: answer.Attributes,
	}, nil
}

// decodeUser returns "" if it is null.
func decodeUser(raw json.RawMessage) (string, error) {
	var text *string
	if err := json.Unmarshal(raw, &text); err == nil {
		if text == nil {
			return "", nil
		}
		return *text, nil
	}
	var number int64
	if err := json.Unmarshal(raw, &number); err != nil {
		return "", errUser
	}
	return strconv.FormatInt(number, 10), nil
}
