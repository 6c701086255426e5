package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// deflateParams are what was agreed on for permessage-deflate: RFC 7692, section
// 7.1. Bits are 15 if nothing was said.
type deflateParams struct {
	serverNoTakeover, clientNoTakeover bool
	serverBits, clientBits             int
}

// The parameters of permessage-deflate.
const (
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverBits       = "server_max_window_bits"
	clientBits       = "client_max_window_bits"
)

// An extension is one element of Sec-WebSocket-Extensions.
type extension struct {
	name   string
	params map[string]string // "" for one without a value
}

// parseExtensions parses the lines of a header. It is for what this package and
// servers write: a comma or semicolon in quotes is not known.
func parseExtensions(lines []string) ([]extension, error) {
	var all []extension
	for element := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if strings.TrimSpace(element) == "" {
			continue
		}
		parts := strings.Split(element, ";")
		e := extension{strings.TrimSpace(parts[0]), map[string]string{}}
		for _, p := range parts[1:] {
			name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
			if _, twice := e.params[name]; twice {
				return nil, fmt.Errorf("%s is there twice in %q", name, element)
			}
			e.params[name] = strings.Trim(value, `"`)
		}
		all = append(all, e)
	}
	return all, nil
}

// negotiated reads the server's answer to offers. It returns nil if compression
// was declined, and an error if the client cannot go on.
func negotiated(offers, answer []string) (*extension, *deflateParams, error) {
	got, err := parseExtensions(answer)
	if err != nil || len(got) == 0 {
		return nil, nil, err
	}
	if len(offers) == 0 || len(got) > 1 || got[0].name != "permessage-deflate" {
		return nil, nil, fmt.Errorf("extensions %q, which were not offered together", answer)
	}
	params, err := parseParams(got[0])
	return &got[0], params, err
}

// goesWith reports why no offer allows the answer; the suite does not ask.
func goesWith(offers []string, answer extension, params *deflateParams) error {
	var reasons []string
	for _, offer := range offers {
		list, err := parseExtensions([]string{offer})
		if err != nil { // a server must decline it
			reasons = append(reasons, err.Error())
		}
		for _, o := range list {
			if err := allows(o, answer, params); err == nil {
				return nil
			} else if reason := err.Error(); !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
		}
	}
	return fmt.Errorf("the answer %v goes with no offer: %s", answer.params, strings.Join(reasons, ", "))
}

// parseParams reads the parameters of an answer.
func parseParams(e extension) (*deflateParams, error) {
	p := &deflateParams{serverBits: 15, clientBits: 15}
	for name, value := range e.params {
		var err error
		switch name {
		case serverNoTakeover, clientNoTakeover:
			if value != "" {
				err = fmt.Errorf("%s has the value %q", name, value)
			}
		case serverBits:
			p.serverBits, err = windowBits(value)
		case clientBits:
			p.clientBits, err = windowBits(value)
		default:
			err = fmt.Errorf("unknown parameter %q", name)
		}
		if err != nil {
			return nil, err
		}
	}
	_, p.serverNoTakeover = e.params[serverNoTakeover]
	_, p.clientNoTakeover = e.params[clientNoTakeover]
	return p, nil
}

// windowBits reads a number of 8 to 15 without a leading zero.
func windowBits(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 8 || n > 15 || value[0] == '0' {
		return 0, fmt.Errorf("%q is no number of window bits", value)
	}
	return n, nil
}

// allows reports why a server must not answer an offer so: RFC 7692, sections
// 7.1.1 and 7.1.2.
func allows(offer, answer extension, p *deflateParams) error {
	if offer.name != answer.name {
		return fmt.Errorf("%q was not offered", answer.name)
	}
	known := []string{serverNoTakeover, clientNoTakeover, serverBits, clientBits}
	for name, value := range offer.params {
		_, err := windowBits(value)
		bits := name == serverBits || name == clientBits
		switch {
		case !slices.Contains(known, name), !bits && value != "", bits && err != nil && (name == serverBits || value != ""):
			return fmt.Errorf("the offer has to be declined for its %s=%s", name, value)
		}
	}
	if _, asked := offer.params[serverNoTakeover]; asked && !p.serverNoTakeover {
		return fmt.Errorf("%s was asked for", serverNoTakeover)
	}
	if value, asked := offer.params[serverBits]; asked {
		if most, _ := windowBits(value); p.serverBits > most || answer.params[serverBits] == "" {
			return fmt.Errorf("%s=%s was asked for", serverBits, value)
		}
	}
	value, can := offer.params[clientBits]
	if _, told := answer.params[clientBits]; told && !can {
		return fmt.Errorf("%s was not offered", clientBits)
	}
	if most, err := windowBits(value); err == nil && answer.params[clientBits] != "" && p.clientBits > most {
		return fmt.Errorf("%s is larger than was offered", clientBits)
	}
	return nil
}
