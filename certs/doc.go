// Package certs keeps the webhook's serving certificate: a CA in a Secret, a
// leaf in the memory of each replica, and the caBundle by which the API server
// trusts them.
//
// # State
//
// All state is one Secret, which the installation makes empty. Its keys:
//
//	ca.crt, ca.key            the active CA: it signs the leaves
//	next-ca.crt, next-ca.key  the staged CA: trusted, but signing nothing yet
//	ca-bundle.crt             every CA that is trusted; what the caBundle is set to
//
// Keys are PKCS #8, certificates PEM, both ECDSA P-256. A CA is constrained to
// the one name by which the API server calls a Service, <service>.<namespace>.svc,
// so that its key is of no use for any other name.
//
// # One step, no leader
//
// Every replica runs the same step: read the webhook configuration, read the
// Secret, bring the Secret to the state it should have, sign a leaf when one is
// due, write the caBundle. A step that finds everything in order writes nothing,
// so that any number of replicas may run it. All writes carry the
// resourceVersion that was read; on a conflict the whole step starts again from
// what the other replica has written.
//
// The webhook configuration is read before the Secret, and this order matters.
// A bundle is published only after it has been written to the Secret. So
// whoever has read a configuration reads a Secret at least as new as what that
// configuration publishes, and an older bundle can never replace a newer one:
// either the configuration is unchanged since it was read, or the write is a
// conflict.
//
// # What is not there, or broken
//
// Data of the Secret that cannot be used is replaced, and the log says what was
// wrong with it. The CA of the leaf being served is put back in the bundle, so
// that the loss of the Secret's content does not cut off the other replicas. To
// do away with a CA whose key has leaked, all replicas have to be stopped first,
// then the Secret's data removed.
//
// The Secret and the webhook configuration themselves are never created: their
// absence is an error that says what to create, in the log and in [Manager.Ready].
//
// # Permissions
//
// get and update on the one Secret by name; get and patch on the one
// ValidatingWebhookConfiguration by name. Nothing is listed or watched.
package certs
