package redisstore

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// encrypt applies the options of PHP's TLS contexts that are in use:
// https://www.php.net/manual/context.ssl.php
func (p *parser) encrypt() error {
	if len(p.ssl) == 0 {
		return nil
	}
	if p.tls == nil {
		return errors.New("ssl[...] is only for the scheme rediss")
	}
	peer, name := true, true
	for option, value := range p.ssl {
		var err error
		switch option {
		case "verify_peer":
			peer, err = boolean("ssl[verify_peer]", value)
		case "verify_peer_name":
			name, err = boolean("ssl[verify_peer_name]", value)
		case "cafile":
			p.tls.RootCAs, err = certificates(value)
		default:
			err = errors.New("ssl[...] may be verify_peer, verify_peer_name and cafile: for all else, make a client of go-redis and give it to redisstore.New")
		}
		if err != nil {
			return err
		}
	}
	p.tls.InsecureSkipVerify = !peer || !name
	if peer && !name {
		p.tls.VerifyConnection = verifyChain(p.tls.RootCAs)
	}
	return nil
}

func certificates(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("ssl[cafile]: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("ssl[cafile] has no certificate")
	}
	return pool, nil
}

// verifyChain checks a certificate as crypto/tls does, but for the name.
func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range state.PeerCertificates[1:] {
			opts.Intermediates.AddCert(c)
		}
		_, err := state.PeerCertificates[0].Verify(opts)
		return err
	}
}
