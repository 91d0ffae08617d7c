package fakeprovider

import "testing"

func TestConfig(t *testing.T) {
	got := Config(
		Provider{Name: "a", MatchImages: []string{"r.io"}},
		Provider{
			Name: "b", MatchImages: []string{"*.io"}, DefaultCacheDuration: "0s", Args: []string{"get"}, Env: []string{"A=b=c", "D="},
			TokenAttributes: map[string]any{"requireServiceAccount": true},
		},
	)
	const want = `{
  "apiVersion": "kubelet.config.k8s.io/v1",
  "kind": "CredentialProviderConfig",
  "providers": [
    {
      "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
      "defaultCacheDuration": "1h",
      "matchImages": [
        "r.io"
      ],
      "name": "a"
    },
    {
      "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
      "args": [
        "get"
      ],
      "defaultCacheDuration": "0s",
      "env": [
        {
          "name": "A",
          "value": "b=c"
        },
        {
          "name": "D",
          "value": ""
        }
      ],
      "matchImages": [
        "*.io"
      ],
      "name": "b",
      "tokenAttributes": {
        "requireServiceAccount": true
      }
    }
  ]
}
`
	if got != want {
		t.Errorf("Config = %s", got)
	}
}
