package conformance

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// reportedObjects are B04, B05, B13, B16 and C53's like: what is on the node, in
// the Secret, and in hosts.toml.
func reportedObjects() []Case {
	// The node pulled it openly, before anybody named a Secret.
	openly := func() *Earlier { return &Earlier{Secrets: []Secret{}} }
	plainImage := scripted.Content{}
	amd64Index := index("linux/amd64").Content
	const report = "by the reports: there is no node of that kind here"
	return []Case{
		{ID: "C127", Setup: "IfNotPresent, a node lists the image; something else is wrong by now (B04)", Tries: []Try{
			present("malformed Secret", openly(), scripted.Behaviour{}, document(`{"auths":[]}`)),
			present("malformed Secret, registry down", openly(), always(scripted.Drop), document(`{"auths":[]}`)),
			present("bad base64", openly(), scripted.Behaviour{}, auths("other.example.com", `{"auth":"!"}`)),
			present("no platform that suits", &Earlier{Content: &amd64Index}, index("linux/arm64")),
			present("a child is missing", &Earlier{Content: &plainImage}, children(amd64(scripted.Child{Head: scripted.Statuses{404}, Get: scripted.Statuses{404}}))),
			present("schema 1", &Earlier{Content: &plainImage}, content(scripted.Content{Kind: scripted.Schema1})),
			present("private", openly(), private()),
			{Name: "malformed Secret, and not listed", Policy: corev1.PullIfNotPresent, Secrets: secrets(document(`{"auths":[]}`)), Node: SecretError, Want: answers(Deny)},
			{Name: "malformed Secret, Always", Policy: corev1.PullAlways, Earlier: openly(), Listed: true, Secrets: secrets(document(`{"auths":[]}`)), Node: SecretError, Want: answers(Deny)},
		}},
		{ID: "C128", Setup: "IfNotPresent, names as other runtimes list them; the registry has nothing (B13)", Note: "by CRI-O: " + report, Tries: []Try{
			{Name: "cri-dockerd", Image: "c128-app:dev", Repo: "docker.io/library/c128-app", Behaviour: tagged("dev", gone()), Policy: corev1.PullIfNotPresent,
				Earlier: &Earlier{}, Listed: true, Names: []string{"c128-app@{digest}", "c128-app:dev"}, Node: Pulled, Want: answers(Warn)},
			{Name: "cri-dockerd, of an organisation", Image: "c128/app:dev", Repo: "docker.io/c128/app", Behaviour: tagged("dev", gone()), Policy: corev1.PullIfNotPresent,
				Earlier: &Earlier{}, Listed: true, Names: []string{"c128/app:dev"}, Node: Pulled, Want: answers(Warn)},
			{Name: "index.docker.io", Image: "c128-hub:dev", Repo: "docker.io/library/c128-hub", Behaviour: tagged("dev", gone()), Policy: corev1.PullIfNotPresent,
				Earlier: &Earlier{}, Listed: true, Names: []string{"index.docker.io/library/c128-hub:dev"}, Node: Pulled, Want: answers(Warn)},
			{Name: "CRI-O", Image: "c128-built:dev", Repo: "docker.io/library/c128-built", Behaviour: tagged("dev", gone()), Policy: corev1.PullIfNotPresent,
				Earlier: &Earlier{}, Listed: true, Names: []string{"localhost/c128-built:dev"}, Node: Reported, Want: answers(Warn)},
			{Name: "another image", Image: "c128-none:dev", Repo: "docker.io/library/c128-none", Behaviour: tagged("dev", gone()), Policy: corev1.PullIfNotPresent,
				Node: ErrPull, Want: answers(Deny)},
		}},
		// Its password is in the keychain of whoever made it.
		{ID: "C129", Setup: "Secret made of a desktop's config.json: an empty entry, and credsStore (B16)", Tries: []Try{
			{Name: "private", Behaviour: privateBearer(), Secrets: secrets(document(`{"auths":{"{host}":{}},"credsStore":"osxkeychain"}`)), Node: ErrPull, Want: answers(Deny)},
			{Name: "Basic", Behaviour: private(), Secrets: secrets(document(`{"auths":{"{host}":{}},"credsStore":"desktop"}`)), Node: ErrPull, Want: answers(Deny)},
			{Name: "credHelpers", Behaviour: privateBearer(), Secrets: secrets(document(`{"auths":{},"credHelpers":{"{host}":"ecr-login"}}`)), Node: ErrPull, Want: answers(Deny)},
			{Name: "public", Behaviour: public(), Secrets: secrets(document(`{"auths":{"{host}":{}},"credsStore":"osxkeychain"}`)), Node: Pulled, Want: answers(Allow)},
			{Name: "beside a good one", Behaviour: privateBearer(), Secrets: secrets(document(`{"auths":{"{host}":{}},"credsStore":"osxkeychain"}`), good(host)), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C130", Setup: "hosts.toml of K3s and RKE2: a mirror with `rewrite` (B05)", Note: "by the reports and K3s' documentation: only its containerd knows `rewrite`", Tries: []Try{
			rewritten("all", "^(.*)$ => dockerhub/$1", "{host}/app:v1", "{host}/dockerhub/app"),
			rewritten("all, without anchors", "(.*) => dockerhub/$1", "{host}/app:v1", "{host}/dockerhub/app"),
			rewritten("a prefix", "^rancher/(.*) => mirrorproject/rancher-images/$1", "{host}/rancher/app:v1", "{host}/mirrorproject/rancher-images/app"),
			rewritten("does not match", "^rancher/(.*) => mirrorproject/rancher-images/$1", "{host}/app:v1", "{host}/app"),
		}},
		// Another tenant's Secret pulled it: the kubelet has it fetched again.
		{ID: "C131", Setup: "IfNotPresent, cached by another tenant's Secret; none, a bad or a malformed one here", Tries: []Try{
			tenant("bad, listed", true, Warn, ErrPull, bad(host)),
			tenant("bad, not listed", false, Deny, ErrPull, bad(host)),
			tenant("malformed, listed", true, Warn, SecretError, document(`{"auths":[]}`)),
			tenant("malformed, not listed", false, Deny, SecretError, document(`{"auths":[]}`)),
			tenant("good, listed", true, Allow, Pulled, good(host)),
		}},
	}
}

// present is an image that a node lists, and that Pods may start from unasked.
func present(name string, earlier *Earlier, now scripted.Behaviour, s ...Secret) Try {
	return Try{Name: name, Policy: corev1.PullIfNotPresent, Earlier: earlier, Listed: true, Secrets: s, Behaviour: now, Node: Pulled, Want: answers(Warn, Allow)}
}

// rewritten is an image that its mirror knows by another name.
func rewritten(name, rule, image, repo string) Try {
	return Try{Name: name, Image: image, Repo: repo, Map: Rewritten + Mapping(rule), Node: Reported, Want: answers(Allow, Warn)}
}

func tenant(name string, listed bool, want Answer, node NodeOutcome, s Secret) Try {
	return Try{
		Name: name, Policy: corev1.PullIfNotPresent, Earlier: &Earlier{Behaviour: private(), Secrets: secrets(good(host))},
		Behaviour: private(), Listed: listed, Secrets: secrets(s), Node: node, Want: answers(want),
	}
}
