package providers

import (
	"strings"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/scripted"
)

// What the tables are written with.

type fakeScript = fakeprovider.Script

// v1 is the version of requests and answers.
const v1 = "credentialprovider.kubelet.k8s.io/v1"

// provide is a provider for these images, with what its plugin does.
func provide(name string, does fakeprovider.Script, images ...string) Provider {
	return Provider{Provider: fakeprovider.Provider{Name: name, MatchImages: images}, Script: does}
}

// says is a plugin that answers with logins, as "key user password", for an hour, under
// a key of the type.
func says(keyType, duration string, logins ...string) fakeprovider.Script {
	auth := map[string]fakeprovider.Login{}
	for _, l := range logins {
		fields := append(strings.Split(l, " "), "", "")
		auth[fields[0]] = fakeprovider.Login{Username: fields[1], Password: fields[2]}
	}
	return fakeprovider.Script{Stdout: fakeprovider.Answer(keyType, duration, auth)}
}

// writes is a plugin that writes this.
func writes(stdout string) fakeprovider.Script { return fakeprovider.Script{Stdout: stdout} }

// fails is one that ends with exit code 1.
func fails() fakeprovider.Script { return fakeprovider.Script{Stderr: "it failed\n", Exit: 1} }

// file is a CredentialProviderConfig as text. Each provider is in YAML, without its
// dash.
func file(providers ...string) string {
	text := "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n"
	for _, p := range providers {
		text += "- " + strings.ReplaceAll(strings.TrimSpace(p), "\n", "\n  ") + "\n"
	}
	return text
}

// plain is a provider in YAML that nothing is wrong with, and what is added or changed.
func plain(name string, changes ...string) string {
	fields := []string{"name: " + name, "matchImages: [r.io]", "defaultCacheDuration: 1h", "apiVersion: " + v1}
	for _, c := range changes {
		key, _, _ := strings.Cut(c, ":")
		replaced := false
		for i, f := range fields {
			if strings.HasPrefix(f, key+":") {
				fields[i], replaced = c, true
			}
		}
		if !replaced {
			fields = append(fields, c)
		}
	}
	return strings.Join(fields, "\n")
}

// without is plain without a field.
func without(name, field string) string {
	var kept []string
	for line := range strings.SplitSeq(plain(name), "\n") {
		if !strings.HasPrefix(line, field+":") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// configured is a try of a configuration in one file, for plugins p1 and p2.
func configured(name, content string, l Load) Try {
	return Try{Name: name, Files: map[string]string{"config.yaml": content}, Programs: map[string]Program{"p1": Good, "p2": Good}, Load: &l}
}

// refused is a Load that neither starts with. The kubelet says one thing, and pullgate
// the others, where it is and that a kubelet does not start among it.
func refused(kubelet string, pullgate ...string) Load {
	return Load{Refused: kubelet, OurError: append(pullgate, "config.yaml", "a kubelet does not start with that")}
}

// accepted is a Load that both start with, with p1.
func accepted(warnings ...string) Load { return Load{Registered: "p1", Warnings: warnings} }

// look is a look at the credentials for an image.
func look(image, get, runs string) Step { return Step{Images: []string{image}, Get: get, Runs: runs} }

// at is a repository of the try's registry that behaves so.
func at(name string, b scripted.Behaviour) map[string]scripted.Behaviour {
	return map[string]scripted.Behaviour{name: b}
}

// private demands user and password.
func private() scripted.Behaviour {
	return scripted.Behaviour{Auth: scripted.Auth{Scheme: scripted.Basic}}
}

// public demands a token, which everybody gets who does not show a wrong password.
func public() scripted.Behaviour {
	return scripted.Behaviour{Auth: scripted.Auth{Scheme: scripted.Bearer, Error: true, Anonymous: scripted.AnyToken}}
}

// good is the login that the scripted registry knows, for the try's host; bad one that
// it does not.
func good() string           { return "{host} " + scripted.User + " " + scripted.Password }
func bad(user string) string { return "{host} " + user + " wrong" }
