package story

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cloud"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/registry"
)

// The roles of the cloud: the node's, and pullgate's, which is another.
const (
	nodeRole = "node"
	ownRole  = "pullgate"
)

// The images of the cloud's registry, which has what the open registry has.
const (
	cloudGood    = cloud.Host + "/acme/app:v1.2.3"
	cloudOther   = cloud.Host + "/acme/app:v1.2.2"
	cloudMissing = cloud.Host + "/acme/app:v1.2.33"
	pluginImage  = openHost + "/platform/ecr-credential-provider"
)

// startCloud starts what a node and pullgate ask for credentials, where Pods reach it.
func (s *story) startCloud() error {
	content, err := cloud.Behind(s.open.URL())
	if err != nil {
		return err
	}
	s.cloud, err = cloud.Start(cloud.Options{Content: content, Addresses: []string{net.JoinHostPort(frontAddress, "0")}})
	if err != nil {
		return err
	}
	s.later(s.cloud.Close)
	s.cloud.SetRole(cloud.Role{Name: nodeRole, Pull: []string{""}})
	s.cloud.SetRole(cloud.Role{Name: ownRole, Pull: []string{""}, Subjects: []string{"system:serviceaccount:" + namespace + ":pullgate"}})
	return nil
}

// nodeProviders are what the kubelet has on the nodes of such a cloud: the plugin, and
// the role of the machine.
func (s *story) nodeProviders() (config, binDir string, err error) {
	env, err := s.cloud.Environment(cloud.Instance, nodeRole, s.dir)
	if err != nil {
		return "", "", err
	}
	config = filepath.Join(s.dir, "credential-providers.json")
	binary := s.options.Binaries[build.ECRProvider]
	return config, filepath.Dir(binary), os.WriteFile(config, []byte(fakeprovider.Config(cloud.Provider(env))), 0o600)
}

// pushPlugin pushes an image that holds the plugin, as a platform team builds it.
func (s *story) pushPlugin(ctx context.Context) error {
	image, err := registry.ProgramImage(s.options.Binaries[build.ECRProvider])
	if err != nil {
		return err
	}
	s.pluginDigest, err = s.open.PushImage(ctx, "platform/ecr-credential-provider", "v1", image)
	return err
}

// providerValues are the chart's values that have pullgate ask the plugin, with a role
// that its ServiceAccount may assume.
func (s *story) providerValues() (file string, err error) {
	const folder = "/var/run/secrets/aws"
	env, err := s.cloud.Environment(cloud.IRSA, ownRole, s.dir)
	if err != nil {
		return "", err
	}
	env = slices.DeleteFunc(env, func(entry string) bool { return strings.HasPrefix(entry, "AWS_WEB_IDENTITY_TOKEN_FILE=") })
	var config map[string]any
	text := fakeprovider.Config(cloud.Provider(append(env, "AWS_WEB_IDENTITY_TOKEN_FILE="+folder+"/token")))
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		return "", err
	}
	content, err := yaml.Marshal(map[string]any{
		"credentialProviders": map[string]any{"config": config, "image": pluginImage + "@" + s.pluginDigest},
		"config":              map[string]any{"registries": map[string]any{"pullThrough": []string{}}},
		// What EKS adds to a Pod whose ServiceAccount has a role's annotation.
		"extraVolumes": []any{map[string]any{"name": "aws", "projected": map[string]any{"sources": []any{
			map[string]any{"serviceAccountToken": map[string]any{"audience": cloud.Audience, "path": "token"}},
		}}}},
		"extraVolumeMounts": []any{map[string]any{"name": "aws", "mountPath": folder, "readOnly": true}},
	})
	if err != nil {
		return "", err
	}
	file = filepath.Join(s.dir, "credential-providers-values.yaml")
	return file, os.WriteFile(file, content, 0o600)
}

// credentialProviders is the way of a platform team whose nodes have credentials of
// their own: from the installation, which verifies nothing there and denies nothing, to
// a typo that is denied; and what becomes of a Pod when the plugin breaks.
func credentialProviders(ctx context.Context, s *story) error {
	printed, err := s.apply(ctx, shop, deployment("cloud", cloudGood))
	if err := warned(printed, err, cloudGood, "nodes have credentials of their own"); err != nil {
		return fmt.Errorf("installed by default: %w", err)
	}
	if err := s.runs(ctx, "deployment/cloud"); err != nil {
		return err
	}
	values, err := s.providerValues()
	if err != nil {
		return err
	}
	if _, err := s.release(ctx, "upgrade", "--values", values); err != nil {
		return err
	}
	if err := s.replaced(ctx); err != nil {
		return err
	}
	if err := s.verified(ctx); err != nil {
		return err
	}
	if err := s.broken(ctx, values); err != nil {
		return fmt.Errorf("the plugin is broken: %w", err)
	}
	// What comes after this knows of no cloud.
	if _, err := s.release(ctx, "upgrade"); err != nil {
		return err
	}
	return s.replaced(ctx)
}

// verified tries what pullgate can tell once it asks the plugin.
func (s *story) verified(ctx context.Context) error {
	printed, err := s.kubectl(ctx, "", "run", "typo", "-n", shop, "--image", cloudMissing)
	if err := denied(printed, err, "pods.pullgate.dev", cloudMissing, noTag); err != nil {
		return fmt.Errorf("a missing tag: %w", err)
	}
	printed, err = s.kubectl(ctx, "", "run", "cloud", "-n", shop, "--image", cloudOther)
	if err == nil && strings.Contains(printed, "Warning:") {
		err = errors.New(printed)
	}
	if err != nil {
		return fmt.Errorf("a tag that is there: %w", err)
	}
	if err := s.must(ctx, "wait", "-n", shop, "pod/cloud", "--for=condition=Ready", "--timeout", patience.String()); err != nil {
		return err
	}
	return s.must(ctx, "delete", "pod", "cloud", "-n", shop, "--now")
}

// broken has the cloud take away what pullgate's plugin needs, and not what the node's
// does. New Pods of pullgate know nothing of any image.
func (s *story) broken(ctx context.Context, values string) error {
	s.cloud.Set(cloud.STS, cloud.Denied)
	defer s.cloud.Set(cloud.STS, cloud.Well)
	if _, err := s.release(ctx, "upgrade", "--values", values, "--set", "podAnnotations.round=broken", "--set", "config.cache.warmUp=false"); err != nil {
		return err
	}
	if err := s.replaced(ctx); err != nil {
		return err
	}
	printed, err := s.kubectl(ctx, "", "run", "cloud", "-n", shop, "--image", cloudOther)
	if err := warned(printed, err, "ecr-credential-provider", "failed here"); err != nil {
		return err
	}
	if err := s.must(ctx, "wait", "-n", shop, "pod/cloud", "--for=condition=Ready", "--timeout", patience.String()); err != nil {
		return err
	}
	s.cloud.Set(cloud.STS, cloud.Well)
	// The plugin is left alone for a while, and then asked again.
	err = eventually(ctx, func(ctx context.Context) error {
		printed, err := s.kubectl(ctx, "", "run", "typo", "-n", shop, "--image", cloudMissing, "--dry-run=server")
		return denied(printed, err, "pods.pullgate.dev", cloudMissing, noTag)
	})
	if err != nil {
		return fmt.Errorf("mended: %w", err)
	}
	return s.must(ctx, "delete", "pod", "cloud", "-n", shop, "--now")
}
