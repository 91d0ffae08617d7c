// Package cloud stands in for the clouds: for the services that give a process an
// identity, those that give an identity a registry's password, and the registries,
// which judge by that identity before they look whether something is there. All of it
// is one server of HTTP on loopback.
//
// An identity is a Role with rights of its own: pullgate's is another than the nodes'.
// The real plugin of AWS has one by each of the Modes that it knows:
//
//	cloud.go        the server, and who asks for what
//	endpoint.go     the services: how each answers, and what it was asked
//	role.go         roles, and what they may do
//	key.go          access keys and passwords: whose they are, and whether they hold
//	environment.go  what a process needs in its environment to be a role
//	sts.go          AssumeRoleWithWebIdentity
//	podidentity.go  the agent of EKS Pod Identity
//	metadata.go     the metadata service of EC2
//	ecr.go          GetAuthorizationToken
//	registry.go     the registries' front
//	words.go        how each cloud's registry refuses
//	bearer.go       the registries' token servers
//	content.go      what is behind the front
//	answers.go      what the plugins of Google and Azure answer
//
// Those two can't be had as Go modules, so the package fakeprovider says what they
// would. What the registries say is from reports, since none of them is asked here:
// ECR refuses an expired password with 403 and no challenge, for one.
package cloud
