package nameserver

import (
	"fmt"
	"net"
	"sync/atomic"

	"golang.org/x/net/dns/dnsmessage"
)

// Mode is what the server does.
type Mode int32

// The modes.
const (
	Answering Mode = iota
	// Silent servers take questions and answer none.
	Silent
	// Unknowing servers answer that there is no such name.
	Unknowing
)

// Server is a DNS server that runs, over UDP.
type Server struct {
	conn net.PacketConn
	mode atomic.Int32
}

// Start starts a server on loopback. It ends with Close.
func Start() (*Server, error) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("start a DNS server: %w", err)
	}
	s := &Server{conn: conn}
	go s.serve()
	return s, nil
}

// Address is where it is to be asked.
func (s *Server) Address() string { return s.conn.LocalAddr().String() }

// Set says what it does from now on.
func (s *Server) Set(m Mode) { s.mode.Store(int32(m)) }

// Close ends it.
func (s *Server) Close() { _ = s.conn.Close() }

func (s *Server) serve() {
	question := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(question)
		if err != nil {
			return
		}
		mode := Mode(s.mode.Load())
		if mode == Silent {
			continue
		}
		if answer, err := reply(question[:n], mode); err == nil {
			_, _ = s.conn.WriteTo(answer, from)
		}
	}
}

// reply answers one message.
func reply(packed []byte, mode Mode) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(packed); err != nil {
		return nil, err
	}
	m.Response, m.RecursionAvailable = true, true
	m.Answers, m.Authorities, m.Additionals = nil, nil, nil
	if mode == Unknowing {
		m.RCode = dnsmessage.RCodeNameError
		return m.Pack()
	}
	for _, q := range m.Questions {
		if q.Type == dnsmessage.TypeA { // and no others: loopback of IPv4 is where the proxies listen
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class},
				Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
			})
		}
	}
	return m.Pack()
}
