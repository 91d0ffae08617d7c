// Package proxy stands between pullgate and a real registry, or its token server,
// and does to their conversation what networks and servers do on a bad day. What
// is wrong is switched while it runs.
package proxy
