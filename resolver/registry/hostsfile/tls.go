package hostsfile

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// SetsTLS reports whether an entry has a TLS configuration of its own.
func (e Entry) SetsTLS() bool { return e.CA != nil || e.Client != nil || e.SkipVerify != nil }

// TLS is the configuration that an entry asks for, nil if it asks for none. It
// fails with an *fs.PathError for a file that cannot be read.
func (e Entry) TLS() (*tls.Config, error) {
	if !e.SetsTLS() {
		return nil, nil
	}
	config := &tls.Config{}
	if e.SkipVerify != nil {
		config.InsecureSkipVerify = *e.SkipVerify
	}
	if e.CA != nil {
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	for _, file := range e.CA {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if !config.RootCAs.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("no certificate in %s", file)
		}
	}
	for _, pair := range e.Client {
		certificate, err := loadPair(pair)
		if err != nil {
			return nil, err
		}
		config.Certificates = append(config.Certificates, certificate)
	}
	return config, nil
}

func loadPair(files [2]string) (tls.Certificate, error) {
	certificate, err := os.ReadFile(files[0])
	if err != nil {
		return tls.Certificate{}, err
	}
	key := certificate
	if files[1] != "" {
		if key, err = os.ReadFile(files[1]); err != nil {
			return tls.Certificate{}, err
		}
	}
	return tls.X509KeyPair(certificate, key)
}
