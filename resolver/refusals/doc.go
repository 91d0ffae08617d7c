// Package refusals remembers which logins registries refuse, so that a Secret with
// an old password does not have a registry lock its account, or ban the address
// that pullgate asks from (B15).
//
// A node tries a login again with each attempt at a Pod. Here it is tried three
// times in a row, and then only when a back-off is over, which doubles each time.
package refusals
