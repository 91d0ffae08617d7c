package certs

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"sync"
	"testing"
	"time"
)

// A CA's key must be of no use for anything but this Service.
func TestAuthorityIsConstrained(t *testing.T) {
	ca := mustAuthority(t, epoch, testName)
	tests := []struct {
		name  string
		dns   []string
		ip    net.IP
		usage x509.ExtKeyUsage
		asked string
		ok    bool
	}{
		{"the service", []string{testName}, nil, x509.ExtKeyUsageServerAuth, testName, true},
		{"another service of the namespace", []string{"other.pullgate-system.svc"}, nil, x509.ExtKeyUsageServerAuth, "other.pullgate-system.svc", false},
		{"the API server", []string{"kubernetes.default.svc"}, nil, x509.ExtKeyUsageServerAuth, "kubernetes.default.svc", false},
		{"another name beside the service's", []string{testName, "example.com"}, nil, x509.ExtKeyUsageServerAuth, testName, false},
		{"an IPv4 address", []string{testName}, net.IPv4(10, 0, 0, 1), x509.ExtKeyUsageServerAuth, testName, false},
		{"an IPv6 address", []string{testName}, net.IPv6loopback, x509.ExtKeyUsageServerAuth, testName, false},
		{"a client certificate", []string{testName}, nil, x509.ExtKeyUsageClientAuth, testName, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			template := &x509.Certificate{
				DNSNames: test.dns, NotBefore: epoch, NotAfter: epoch.Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{test.usage},
			}
			if test.ip != nil {
				template.IPAddresses = []net.IP{test.ip}
			}
			cert, err := createCertificate(template, ca.cert, mustKey(t, ca.key.Curve), ca.key)
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AddCert(ca.cert)
			_, err = cert.Verify(x509.VerifyOptions{
				Roots: roots, DNSName: test.asked, CurrentTime: epoch, KeyUsages: []x509.ExtKeyUsage{test.usage},
			})
			if got := err == nil; got != test.ok {
				t.Errorf("verified = %v, want %v (%v)", got, test.ok, err)
			}
		})
	}
}

func TestAuthorityUsable(t *testing.T) {
	good := mustAuthority(t, epoch, testName)
	noCA, err := good.sign(epoch, testName)
	if err != nil {
		t.Fatal(err)
	}
	unconstrained, err := createCertificate(&x509.Certificate{
		IsCA: true, BasicConstraintsValid: true, NotBefore: epoch, NotAfter: epoch.Add(caLife),
	}, &x509.Certificate{}, good.key, good.key)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		ca   *authority
		now  time.Time
		dns  string
		ok   bool
	}{
		{"just made", good, epoch, testName, true},
		{"our clock is behind its maker's", good, epoch.Add(-clockSlack), testName, true},
		{"our clock is far behind", good, epoch.Add(-clockSlack - time.Second), testName, false},
		{"the last leaf fits", good, epoch.Add(caLife - leafLife), testName, true},
		{"a leaf would outlive it", good, epoch.Add(caLife - leafLife + time.Second), testName, false},
		{"another name", good, epoch, "other.pullgate-system.svc", false},
		{"a shorter name", good, epoch, "pullgate-system.svc", false},
		{"a foreign key", &authority{good.cert, mustKey(t, good.key.Curve)}, epoch, testName, false},
		{"no CA", &authority{noCA.tls.Leaf, good.key}, epoch, testName, false},
		{"unconstrained", &authority{unconstrained, good.key}, epoch, testName, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.ca.usable(test.now, test.dns)
			if got := err == nil; got != test.ok {
				t.Errorf("usable = %v, want %v (%v)", got, test.ok, err)
			}
		})
	}
}

func TestLeafLife(t *testing.T) {
	made, err := mustAuthority(t, epoch, testName).sign(epoch, testName)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name       string
		now        time.Time
		valid, due bool
	}{
		{"just made", epoch, true, false},
		{"before two thirds", epoch.Add(2*leafLife/3 - time.Second), true, false},
		{"at two thirds", epoch.Add(2 * leafLife / 3), true, true},
		{"ended", epoch.Add(leafLife), false, true},
		{"clock set back within the slack", epoch.Add(-clockSlack), true, false},
		{"clock set back", epoch.Add(-clockSlack - time.Second), false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := made.valid(test.now); got != test.valid {
				t.Errorf("valid = %v, want %v", got, test.valid)
			}
			if got := made.due(test.now); got != test.due {
				t.Errorf("due = %v, want %v", got, test.due)
			}
		})
	}
}

// The API server's side of it: a real handshake against the published bundle.
func TestHandshake(t *testing.T) {
	cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")), newClock()
	clock.now = time.Now() // crypto/tls has no other clock
	m := newManager(t, cluster, clock)
	mustRun(t, m)

	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: m.GetCertificate})
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).Handshake() // the client's side tells
			_ = conn.Close()
		}
	})
	defer serving.Wait()
	defer func() { _ = listener.Close() }()

	published := x509.NewCertPool()
	if !published.AppendCertsFromPEM(cluster.config(t).Webhooks[0].ClientConfig.CABundle) {
		t.Fatal("no certificate in the caBundle")
	}
	foreign := x509.NewCertPool()
	foreign.AddCert(mustAuthority(t, time.Now(), testName).cert)

	tests := []struct {
		name       string
		roots      *x509.CertPool
		serverName string
		ok         bool
	}{
		{"the API server's name", published, testName, true},
		{"another name", published, "pullgate.other.svc", false},
		{"the name without svc", published, "pullgate.pullgate-system", false},
		{"another CA", foreign, testName, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{RootCAs: test.roots, ServerName: test.serverName})
			if err == nil {
				_ = conn.Close()
			}
			if got := err == nil; got != test.ok {
				t.Errorf("handshake = %v, want %v (%v)", got, test.ok, err)
			}
		})
	}
}
