package cloud

import "github.com/pullgate/pullgate/e2e/fakeprovider"

// The users that go with the passwords of Google's and of Azure's registries.
const (
	GoogleUser = "_token"
	AzureUser  = "00000000-0000-0000-0000-000000000000"
)

// Google is what auth-provider-gcp answers, for any image of any registry. It asks to
// be asked each time.
func Google(token string) fakeprovider.Script {
	login := fakeprovider.Login{Username: GoogleUser, Password: token}
	auth := map[string]fakeprovider.Login{"{host}": login}
	for _, key := range []string{"*.gcr.io", "*.pkg.dev", "container.cloud.google.com", "gcr.io"} {
		auth[key] = login
	}
	return fakeprovider.Script{Stdout: fakeprovider.Answer("Image", "0s", auth)}
}

// GoogleFails is what auth-provider-gcp does whatever goes wrong, the metadata service
// out of reach for one: it answers nothing, and calls that a success.
func GoogleFails() fakeprovider.Script {
	return fakeprovider.Script{
		Stderr: "E0101 00:00:00.000000 1 provider.go:1] Failed to get credentials: error while reading 'google-dockercfg' metadata: no such host\n",
		Stdout: fakeprovider.Answer("Image", "0s", nil),
	}
}

// Azure is what acr-credential-provider answers for an image of ACR: the password for
// the registry, and nobody for all of Azure's.
func Azure(token string) fakeprovider.Script {
	return fakeprovider.Script{Stdout: fakeprovider.Answer("Registry", "1h0m0s", map[string]fakeprovider.Login{
		"{host}": {Username: AzureUser, Password: token}, "*.azurecr.*": {},
	})}
}

// AzureOther is what it answers for an image of another registry.
func AzureOther() fakeprovider.Script {
	return fakeprovider.Script{Stdout: fakeprovider.Answer("Registry", "0s", nil)}
}

// AzureFails is what it does without an identity.
func AzureFails() fakeprovider.Script {
	return fakeprovider.Script{Stderr: "E0101 00:00:00.000000 1 main.go:1] Error running acr credential provider\n", Exit: 1}
}

// Amazon is what ecr-credential-provider answers, for where the real one is too much.
func Amazon(password string) fakeprovider.Script {
	return fakeprovider.Script{Stdout: fakeprovider.Answer("Registry", "6h0m0s", map[string]fakeprovider.Login{
		"{host}": {Username: "AWS", Password: password},
	})}
}
