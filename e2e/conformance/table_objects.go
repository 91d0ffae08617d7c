package conformance

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/e2e/scripted"
)

const bySource = "what makes it so is not the pull, and is from reading the source: the node is asked with what the kubelet would have"

func objectCases() []Case {
	return []Case{
		{ID: "C40", Setup: "pod without secrets, SA with good one", Tries: []Try{
			{Behaviour: privateBearer(), Account: secrets(good(host)), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C41", Setup: "pod lists one useless secret, SA good", Tries: []Try{
			{Behaviour: privateBearer(), Secrets: secrets(good("other.example.com")), Account: secrets(good(host)), Node: ErrPull, Want: answers(Deny)},
		}},
		// The Deployment must not be denied; what is answered is its Pod.
		{ID: "C42", Setup: "Deployment, SA has secret", Note: "the Deployment is let through; the answer is to the Pod made from its template, as its ReplicaSet would make it", Tries: []Try{
			{Name: "good", As: DeploymentKind, Behaviour: privateBearer(), Account: secrets(good(host)), Node: Pulled, Want: answers(Allow)},
			{Name: "bad", As: DeploymentKind, Behaviour: privateBearer(), Account: secrets(bad(host)), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C43", Setup: "bad init/sidecar image", Note: bySource, Tries: []Try{
			{Name: "init", As: InitContainer, Behaviour: gone(), Node: ErrPull, Want: answers(Deny)},
			{Name: "sidecar", As: Sidecar, Behaviour: gone(), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C44", Setup: "bad image on pods/ephemeralcontainers", Note: bySource, Tries: []Try{
			{As: Ephemeral, Behaviour: gone(), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C45", Setup: "UPDATE labels/finalizers, image gone meanwhile", Note: bySource, Tries: []Try{
			{Name: "labels", As: NewLabels, Earlier: &Earlier{}, Behaviour: gone(), Node: NoPull, Want: answers(Allow)},
			{Name: "finalizers", As: NoFinalizers, Earlier: &Earlier{}, Behaviour: gone(), Node: NoPull, Want: answers(Allow)},
		}},
		{ID: "C46", Setup: "UPDATE image to missing tag", Note: bySource, Tries: []Try{
			{As: NewImage, Behaviour: gone(), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C47", Setup: "volumes[].image missing", Tries: []Try{
			{As: Volume, Behaviour: gone(), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C48", Setup: "volumes[].image is an OCI artifact", Tries: []Try{
			{As: Volume, Behaviour: content(scripted.Content{Kind: scripted.ORAS}), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C49", Setup: "mirror pod, bad image", Note: bySource, Tries: []Try{
			{As: MirrorPod, Behaviour: gone(), Node: NoPull, Want: answers(Allow)},
		}},
		{ID: "C50", Setup: "pods/resize, deletionTimestamp set", Note: bySource, Tries: []Try{
			{Name: "resize", As: Resize, Earlier: &Earlier{}, Behaviour: gone(), Node: NoPull, Want: answers(Allow)},
			{Name: "deleted", As: DeletedPod, Behaviour: gone(), Node: NoPull, Want: answers(Allow)},
		}},
		{ID: "C51", Setup: "Never, absent", Tries: []Try{
			{Name: "absent", Policy: corev1.PullNever, Node: NeverPull, Want: answers(Warn)},
			{Name: "listed by a node", Policy: corev1.PullNever, Earlier: &Earlier{}, Listed: true, Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C52", Setup: "IfNotPresent, cached, same secret, registry down/404", Tries: []Try{
			{Name: "down", Policy: corev1.PullIfNotPresent, Secrets: secrets(good(host)), Earlier: &Earlier{Behaviour: private()},
				Behaviour: always(scripted.Drop), Node: Pulled, Want: answers(Warn)},
			{Name: "404", Policy: corev1.PullIfNotPresent, Secrets: secrets(good(host)), Earlier: &Earlier{Behaviour: private()},
				Behaviour: gone(), Listed: true, Node: Pulled, Want: answers(Warn)},
		}},
		{ID: "C53", Setup: "IfNotPresent, cached via another tenant's secret, none here", Tries: []Try{
			{Name: "listed by a node", Policy: corev1.PullIfNotPresent, Earlier: &Earlier{Behaviour: private(), Secrets: secrets(good(host))},
				Behaviour: private(), Listed: true, Node: ErrPull, Want: answers(Warn)},
			{Name: "not listed", Policy: corev1.PullIfNotPresent, Earlier: &Earlier{Behaviour: private(), Secrets: secrets(good(host))},
				Behaviour: private(), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C54", Setup: "Always, cached, registry down", Tries: []Try{
			{Policy: corev1.PullAlways, Earlier: &Earlier{}, Behaviour: always(scripted.Drop), Node: ErrPull, Want: answers(Warn)},
		}},
	}
}
