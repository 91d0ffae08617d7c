package conformance

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/e2e/scripted"
)

func credentialCases() []Case {
	return []Case{
		{ID: "C12", Setup: "2 secrets, same key, first bad", Tries: []Try{
			{Name: "Basic", Behaviour: private(), Secrets: secrets(bad(host), good(host)), Node: Pulled, Want: answers(Allow)},
			{Name: "Bearer", Behaviour: privateBearer(), Secrets: secrets(bad(host), good(host)), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C13", Setup: "`r.io/a` bad + `r.io` good, image r.io/a/b", Tries: []Try{
			{Image: "r.io/a/b:v1", Repo: "r.io/a/b", Behaviour: private(), Secrets: secrets(bad("r.io/a"), good("r.io")), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C14", Setup: "bad cred, public image, registry challenges", Tries: []Try{
			{Behaviour: public(), Secrets: secrets(bad(host)), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C15", Setup: "bad cred, registry answers unchallenged", Tries: []Try{
			{Secrets: secrets(bad(host)), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C16", Setup: "no cred, private", Tries: []Try{
			{Name: "Basic", Behaviour: private(), Node: ErrPull, Want: answers(Deny)},
			{Name: "Bearer", Behaviour: privateBearer(), Node: ErrPull, Want: answers(Deny)},
			{Name: "nodeCredentials", Behaviour: privateBearer(), Config: NodeCredentials, Node: ErrPull, Want: answers(Warn)},
		}},
		{ID: "C17", Setup: "entry `{}` then good secret", Tries: []Try{
			{Behaviour: privateBearer(), Secrets: secrets(auths(host, "{}"), good(host)), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C18", Setup: "entry `{}` only, public via anonymous token", Tries: []Try{
			{Behaviour: public(), Secrets: secrets(auths(host, "{}")), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C19", Setup: "secret `{\"auths\":[]}`, public image", Tries: []Try{
			{Behaviour: public(), Secrets: secrets(document(`{"auths":[]}`)), Node: SecretError, Want: answers(Deny)},
		}},
		{ID: "C20", Setup: "bad base64 in an unrelated registry's entry", Tries: []Try{
			{Behaviour: public(), Secrets: secrets(auths("other.example.com", `{"auth":"!"}`)), Node: SecretError, Want: answers(Deny)},
		}},
		{ID: "C21", Setup: "Opaque secret, right JSON, private image", Tries: []Try{
			{Behaviour: private(), Secrets: secrets(Secret{Type: corev1.SecretTypeOpaque, Data: good(host).Data}), Node: ErrPull, Want: answers(Deny)},
		}},
		// The API server wants the type's own key to be there.
		{ID: "C22", Setup: "type dockercfg with key .dockerconfigjson", Tries: []Try{
			{Name: "private", Behaviour: private(), Secrets: secrets(crossed()), Node: ErrPull, Want: answers(Deny)},
			{Name: "public", Behaviour: public(), Secrets: secrets(crossed()), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C23", Setup: "referenced secret missing, public image", Tries: []Try{
			{Behaviour: public(), Missing: []string{"regcred"}, Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C24", Setup: "referenced secret missing, private image", Tries: []Try{
			{Behaviour: privateBearer(), Missing: []string{"regcred"}, Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C25", Setup: "webhook cannot read the secret (RBAC/timeout)", Tries: []Try{
			{Behaviour: privateBearer(), Secrets: secrets(good(host)), Config: NoSecrets, Node: Pulled, Want: answers(Warn)},
		}},
		{ID: "C37", Setup: "identitytoken / registrytoken secret", Tries: []Try{
			{Name: "identitytoken", Behaviour: privateBearer(), Secrets: secrets(auths(host, `{"identitytoken":"`+scripted.RefreshToken+`"}`)), Node: ErrPull, Want: answers(Deny)},
			{Name: "registrytoken", Behaviour: privateBearer(), Secrets: secrets(auths(host, `{"registrytoken":"pull:{host}/app"}`)), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C38", Setup: "user + empty password, Basic registry", Tries: []Try{
			{Behaviour: private(), Secrets: secrets(auths(host, login(""))), Node: ErrPull, Want: answers(Deny)},
		}},
	}
}

func crossed() Secret {
	return Secret{Type: corev1.SecretTypeDockercfg, Data: map[string]string{
		corev1.DockerConfigKey:     "{}",
		corev1.DockerConfigJsonKey: good(host).Data[corev1.DockerConfigJsonKey],
	}}
}
