// Package story is what users and administrators do with pullgate, from its
// installation with Helm to the end, on a cluster with a real node:
//
//	story.go      the steps, one after another
//	stage.go      the cluster, the registries and pullgate's image
//	forward.go    the way from Pods to the API server, which is kube-proxy's elsewhere
//	user.go       kubectl and helm, as the user runs them
//	shell.go      the user's shell, for whole lines
//	manifests.go  what the user applies
//	watch.go      that no Pod that pullgate let through fails to pull
//	stream.go     Pods that come all the time, while something else is done
//	workloads.go  steps of users
//	clouds.go     the step in which nodes have credentials of their own
//	operate.go    steps of administrators
//	owncert.go    the step in which a Secret has the certificate
//	outage.go     steps in which pullgate is down, or gone
//	walk.go       the step that runs what the documents show
//	passages.go   what the documents show, and what has to come of it
//
// It needs root on Linux, and runs inside of netns.Run only.
package story
