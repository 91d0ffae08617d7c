package process

import "net"

// ListenSilently takes connections at an address, keeps them, and never says
// anything, until it is stopped.
func ListenSilently(address string) (at string, stop func(), err error) {
	l, err := listen(address)
	if err != nil {
		return "", nil, err
	}
	go func() {
		var held []net.Conn
		for {
			conn, err := l.Accept()
			if err != nil {
				for _, conn := range held {
					_ = conn.Close()
				}
				return
			}
			held = append(held, conn)
		}
	}()
	return l.Addr().String(), func() { _ = l.Close() }, nil
}
