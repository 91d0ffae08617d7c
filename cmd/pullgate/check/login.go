package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
	"github.com/docker/cli/cli/config/types"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/keyring"
)

const (
	// loginSecret is what the local login is called in messages about pull
	// Secrets.
	loginSecret = "--docker-config"
	// dockerHub is the host of Docker Hub, and dockerHubKey where a login has it.
	dockerHub    = "docker.io"
	dockerHubKey = "https://index.docker.io/v1/"
)

// readLogin makes a pull Secret of the local login, so that a node's rules for
// which credential is for which image hold for it. Credential helpers are asked
// for the hosts that are needed, as docker does, and not for all they have.
func readLogin(path string, hosts []string, warn func(string)) ([]resolver.NamedSecret, error) {
	file, err := openLogin(path)
	if err != nil {
		return nil, fmt.Errorf("--docker-config: %w", err)
	}
	entries := map[string]loginEntry{}
	add := func(key string, auth types.AuthConfig) {
		switch {
		case auth.Username != "" && auth.Password != "":
			entries[key] = loginEntry{auth.Username, auth.Password}
		case auth.IdentityToken != "" || auth.RegistryToken != "":
			warn(fmt.Sprintf("the login for %s is a token, which no pull Secret can hold; it is not used", key))
		}
	}
	for key, auth := range file.AuthConfigs {
		add(key, auth)
	}
	named := []resolver.NamedSecret{{Name: loginSecret}}
	for _, host := range hosts {
		key := host
		if host == dockerHub {
			key = dockerHubKey
		}
		if !asksHelper(file, key) {
			continue
		}
		auth, err := file.GetAuthConfig(key)
		if err != nil {
			warn(fmt.Sprintf("the credential helper for %s failed: %v", host, err))
			named = append(named, resolver.NamedSecret{Name: loginSecret, Err: errors.New("the credential helper failed")})
			continue
		}
		add(key, auth)
	}
	data, err := json.Marshal(map[string]any{"auths": entries})
	if err != nil {
		return nil, err
	}
	named[0].Secret = keyring.Parse(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: loginSecret}, Type: corev1.SecretTypeDockerConfigJson, Data: map[string][]byte{corev1.DockerConfigJsonKey: data}})
	return named, nil
}

type loginEntry struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// openLogin reads a file, or the config.json of a folder, which is docker's own
// if the path is "".
func openLogin(path string) (*configfile.ConfigFile, error) {
	if path == "" {
		path = config.Dir()
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, config.ConfigFileName)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	file, err := config.LoadFromReader(f)
	if err != nil {
		// The library's words may quote what is in it.
		return nil, fmt.Errorf("%s is no docker configuration, or an entry in it is malformed", path)
	}
	return file, nil
}

// asksHelper reports whether the credential of a host is elsewhere than in the
// file itself.
func asksHelper(file *configfile.ConfigFile, host string) bool {
	return file.CredentialHelpers[host] != "" || file.CredentialsStore != "" || os.Getenv(configfile.DockerEnvConfigKey) != ""
}
