package proxy

// Mode is what is wrong.
type Mode string

// The modes.
const (
	// Healthy passes everything on.
	Healthy Mode = "healthy"
	// BlackHole takes what is sent and says nothing, on new connections and on
	// those there are, as where packets are dropped. Unlike there, a new
	// connection is made. One that has lost something stays mute for good: whoever
	// waits for it has to give up by himself.
	BlackHole Mode = "black hole"
	// Slow passes on after Delay.
	Slow Mode = "slow"
	// Unavailable answers 500, 502, 503 and 504 in turn.
	Unavailable Mode = "unavailable"
	// RateLimited answers 429; Pausing does with a Retry-After of RetryAfter.
	RateLimited Mode = "rate limited"
	Pausing     Mode = "rate limited with Retry-After"
	// WrongCertificate has a certificate of another CA.
	WrongCertificate Mode = "wrong certificate"
	// Garbage answers with bytes that are no HTTP and, in turn, with a manifest's
	// headers before bytes that are no JSON.
	Garbage Mode = "garbage"
	// SignIn answers 200 with a web page, as a captive portal and many a
	// maintenance page do.
	SignIn Mode = "sign-in page"
	// Truncated ends each body in its middle, and with it the connection.
	Truncated Mode = "truncated"
	// Down listens no more.
	Down Mode = "down"
)
