package front

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
)

// ServeNames is a name server, at an address, that knows the hosts given, and puts it
// in the place of the machine's, for this program and those that it starts. With
// names that resolve, messages hold what they hold in a cluster.
func ServeNames(ctx context.Context, address, dir string, addresses map[string]string) (stop func(), err error) {
	conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", net.JoinHostPort(address, "53"))
	if err != nil {
		return nil, fmt.Errorf("start the name server: %w", err)
	}
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if answer, err := answerName(buf[:n], addresses); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	file := filepath.Join(dir, "resolv.conf")
	if err := os.WriteFile(file, []byte("nameserver "+address+"\n"), 0o644); err != nil { //nolint:gosec // as /etc/resolv.conf is
		_ = conn.Close()
		return nil, err
	}
	const resolvConf = "/etc/resolv.conf"
	if err := unix.Mount(file, resolvConf, "", unix.MS_BIND, ""); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("use the name server: %w", err)
	}
	return func() {
		_ = unix.Unmount(resolvConf, unix.MNT_DETACH)
		_ = conn.Close()
	}, nil
}

// answerName answers with an IPv4 address, with none, or that there is no such
// name.
func answerName(query []byte, addresses map[string]string) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	if len(m.Questions) != 1 {
		return nil, errors.New("not one question")
	}
	q := m.Questions[0]
	m.Header = dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true, RecursionDesired: m.RecursionDesired, RecursionAvailable: true}
	m.Additionals = nil
	address, known := addresses[strings.TrimSuffix(q.Name.String(), ".")]
	switch {
	case !known:
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60},
			Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(address).To4())},
		}}
	}
	return m.Pack()
}
