package conformance

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/e2e/scripted"
)

const absentDigest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

func referenceCases() []Case {
	return []Case{
		{ID: "C01", Setup: "`nginx`, no secrets, public", Note: "Docker Hub is the scripted registry", Tries: []Try{
			{Image: "nginx", Repo: "docker.io/library/nginx", Behaviour: tagged("latest", public()), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C02", Setup: "`Nginx:1`, any policy incl. Never", Tries: []Try{
			{Name: "Always", Image: "Nginx:1", Policy: corev1.PullAlways, Node: InvalidName, Want: answers(Deny)},
			{Name: "IfNotPresent", Image: "Nginx:1", Policy: corev1.PullIfNotPresent, Node: InvalidName, Want: answers(Deny)},
			{Name: "Never", Image: "Nginx:1", Policy: corev1.PullNever, Node: InvalidName, Want: answers(Deny)},
		}},
		{ID: "C03", Setup: "`reg.io/foo/`, `reg.io//foo`, `reg.io/a___b`, `docker://nginx`, `my_reg:5000/x`",
			Tries: invalidNames("reg.io/foo/", "reg.io//foo", "reg.io/a___b", "docker://nginx", "my_reg:5000/x")},
		{ID: "C04", Setup: "`Foo/bar:1`", Tries: []Try{
			{Image: "Foo/bar:1", Map: Unmapped, Node: ErrPull, Want: answers(Warn)},
		}},
		{ID: "C05", Setup: "`img:nope@sha256:good`", Tries: []Try{
			{Image: "{host}/app:nope@{digest}", Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C06", Setup: "`img:latest@sha256:…`, policy unset", Tries: []Try{
			{Name: "there", Image: "{host}/app:latest@{digest}", Node: Pulled, Want: answers(Allow)},
			{Name: "cached, then gone", Image: "{host}/app:latest@{digest}", Behaviour: gone(), Earlier: &Earlier{}, Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C07", Setup: "`foo:5000`", Note: "Docker Hub is the scripted registry", Tries: []Try{
			{Image: "foo:5000", Repo: "docker.io/library/foo", Behaviour: tagged("5000", public()), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C08", Setup: "single-element Hub name of 248 chars", Tries: []Try{
			{Image: strings.Repeat("a", 248), Repo: "docker.io/library/" + strings.Repeat("a", 248), Behaviour: tagged("latest", public()), Node: InvalidName, Want: answers(Deny)},
		}},
		{ID: "C09", Setup: "absent digest", Tries: []Try{
			{Image: "{host}/app@" + absentDigest, Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C10", Setup: "digest ref, HEAD carries another digest header", Tries: []Try{
			{Image: "{host}/app@{digest}", Behaviour: headers(scripted.Headers{Digest: scripted.Wrong}), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C11", Setup: "digest ref: manifests 404, blobs 200", Tries: []Try{
			{Image: "{host}/app@{digest}", Behaviour: scripted.Behaviour{Head: scripted.Statuses{404}, Get: scripted.Statuses{404}, Fetch: scripted.Statuses{404}, AsBlob: true},
				Node: ErrPull, Want: answers(Deny)},
		}},
	}
}

func invalidNames(images ...string) (tries []Try) {
	for _, image := range images {
		tries = append(tries, Try{Name: image, Image: image, Node: InvalidName, Want: answers(Deny)})
	}
	return tries
}
