package cloud

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

// Mode is a way in which a process has an identity on AWS.
type Mode string

// The modes.
const (
	IRSA       Mode = "IRSA" // a role for a ServiceAccount, by STS
	EKSPod     Mode = "EKS Pod Identity"
	Instance   Mode = "metadata" // the role of the machine
	StaticKey  Mode = "static"
	NoIdentity Mode = "none"
)

// Modes are all by which a role can be had.
func Modes() []Mode { return []Mode{IRSA, EKSPod, Instance, StaticKey} }

// Environment is what a process needs in its environment to be a role, as entries
// NAME=value. The files that they name are written into a folder.
func (c *Cloud) Environment(mode Mode, role, dir string) ([]string, error) {
	// What the machine's owner has must not decide a test.
	env := []string{
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_ENDPOINT_URL_ECR=" + c.URL(), "AWS_ENDPOINT_URL_ECR_PUBLIC=" + c.URL(), "AWS_ENDPOINT_URL_STS=" + c.URL(),
	}
	if mode != Instance {
		env = append(env, "AWS_EC2_METADATA_DISABLED=true")
	}
	file, token := filepath.Join(dir, "token"), ""
	switch mode {
	case IRSA:
		token = webIdentityToken(role)
		env = append(env, "AWS_ROLE_ARN="+ARN(role), "AWS_WEB_IDENTITY_TOKEN_FILE="+file)
	case EKSPod:
		token = podIdentityToken(role)
		env = append(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI="+c.URL()+credentialsPath, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="+file)
	case Instance:
		env = append(env, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+c.machineURL(role))
	case StaticKey:
		key := c.issueKey(lasting, role)
		env = append(env, "AWS_ACCESS_KEY_ID="+key.ID, "AWS_SECRET_ACCESS_KEY="+key.Secret)
	case NoIdentity:
	default:
		return nil, fmt.Errorf("an identity by %q: there is no such way", mode)
	}
	if token == "" {
		return env, nil
	}
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		return nil, fmt.Errorf("an identity by %s: %w", mode, err)
	}
	return env, nil
}

// The tokens that Kubernetes would give a Pod, which stand for its ServiceAccount.
func webIdentityToken(role string) string { return "web-identity-token-of-" + role }
func podIdentityToken(role string) string { return "pod-identity-token-of-" + role }

// Provider is AWS's as EKS sets it up on its nodes, for whoever has an environment.
func Provider(env []string) fakeprovider.Provider {
	return fakeprovider.Provider{
		Name: "ecr-credential-provider", DefaultCacheDuration: "12h0m0s", Env: env,
		MatchImages: []string{
			"*.dkr.ecr.*.amazonaws.com", "*.dkr-ecr.*.on.aws",
			"*.dkr.ecr.*.amazonaws.com.cn", "*.dkr-ecr.*.on.amazonwebservices.com.cn",
			"*.dkr.ecr-fips.*.amazonaws.com", "*.dkr-ecr-fips.*.on.aws",
			"*.dkr.ecr.*.amazonaws.eu", "public.ecr.aws", "ecr-public.aws.com",
		},
	}
}
