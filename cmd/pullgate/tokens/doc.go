// Package tokens gets ServiceAccount tokens for credential provider plugins that take
// them (KEP-4412), by the two modes of credentialProviders.tokens:
//
//	pods.go       tokens of the Pod's ServiceAccount, asked for at the API server
//	own.go        tokens of pullgate's own, out of a projected volume
//	audience.go   the audiences of which nobody gets a token: the API server's own
//	claims.go     what a token says of itself
//	words.go      why there is no token, for users
//	warnings.go   what an administrator should know at the start
//
// A token of a ServiceAccount is the power to be it, as far as the token's audience
// reaches. So one for the API server is never asked for, nor handed on. The right to
// ask is `create` on serviceaccounts/token, and should be given by the names of the
// ServiceAccounts (resourceNames), with a ValidatingAdmissionPolicy that holds
// pullgate to the audiences of its plugins: the chart makes both.
//
// Tokens of Pods are bound to no object, for there is no Pod yet. They hold for ten
// minutes, the least that there is, and are kept in memory for that time, by
// namespace, name and UID of the ServiceAccount and by audience. No token is in any
// error, log, metric or trace.
package tokens
