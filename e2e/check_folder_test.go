package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

const (
	folderFiles  = 200
	folderImages = 300
)

// folderObject is an object of a folder of manifests.
type folderObject struct {
	resource schema.GroupVersionResource
	kind     string
	name     string
	object   map[string]any
}

// folderImage is the n-th of many images: good ones, missing tags, missing
// repositories, private ones, such as cannot be verified, and no images at all.
func folderImage(n int) string {
	switch n % 10 {
	case 5, 6:
		return fmt.Sprintf("%s/check/good:missing-%d", openHost, n)
	case 7:
		return fmt.Sprintf("%s/check/none-%d:v1", openHost, n)
	case 8:
		return fmt.Sprintf("%s/check/private:t%d", privateHost, n)
	case 9:
		if n%20 == 9 {
			return fmt.Sprintf("%s/check/down:t%d", downHost, n)
		}
		return fmt.Sprintf("No Image %d", n)
	default:
		return fmt.Sprintf("%s/check/good:t%d", openHost, n)
	}
}

// pushFolderImages pushes those that there are, all of one content.
func (s *suite) pushFolderImages(t *testing.T) {
	t.Helper()
	image, err := random.Image(256, 1)
	if err != nil {
		t.Fatal(err)
	}
	for n := range folderImages {
		r, repository := s.open, "check/good"
		switch n % 10 {
		case 5, 6, 7, 9:
			continue
		case 8:
			r, repository = s.private, "check/private"
		}
		if _, err := r.PushImage(t.Context(), repository, fmt.Sprintf("t%d", n), image); err != nil {
			t.Fatal(err)
		}
	}
}

// folderObjectOf is the n-th object: the kinds and the ways to name pull Secrets
// take turns.
func folderObjectOf(n int) folderObject {
	images := []string{folderImage(n)}
	if n%2 == 0 {
		images = append(images, folderImage(folderFiles+n/2))
	}
	var containers []any
	for c, image := range images {
		containers = append(containers, map[string]any{"name": fmt.Sprintf("c%d", c), "image": image})
	}
	spec := map[string]any{"containers": containers}
	switch n % 4 {
	case 1:
		spec["imagePullSecrets"] = []any{map[string]any{"name": "in-cluster"}}
	case 2:
		spec["serviceAccountName"] = "in-manifests"
	case 3:
		spec["imagePullSecrets"] = []any{map[string]any{"name": "nowhere"}}
	}
	o := folderObject{name: fmt.Sprintf("object-%d", n)}
	labels := map[string]any{"app": o.name}
	template := map[string]any{"metadata": map[string]any{"labels": labels}, "spec": spec}
	selector := map[string]any{"matchLabels": labels}
	var body map[string]any
	group, version := "apps", "v1"
	switch n % 9 {
	case 0:
		group, o.kind, body = "", "Pod", map[string]any{"spec": spec}
	case 1:
		o.kind, body = "Deployment", map[string]any{"spec": map[string]any{"selector": selector, "template": template}}
	case 2:
		o.kind, body = "StatefulSet", map[string]any{"spec": map[string]any{"serviceName": "s", "selector": selector, "template": template}}
	case 3:
		o.kind, body = "DaemonSet", map[string]any{"spec": map[string]any{"selector": selector, "template": template}}
	case 4:
		o.kind, body = "ReplicaSet", map[string]any{"spec": map[string]any{"selector": selector, "template": template}}
	case 5:
		group, o.kind, body = "", "ReplicationController", map[string]any{"spec": map[string]any{"selector": labels, "template": template}}
	case 6:
		spec["restartPolicy"] = "Never"
		group, o.kind, body = "batch", "Job", map[string]any{"spec": map[string]any{"template": template}}
	case 7:
		spec["restartPolicy"] = "Never"
		group, o.kind, body = "batch", "CronJob", map[string]any{"spec": map[string]any{
			"schedule": "@daily", "jobTemplate": map[string]any{"spec": map[string]any{"template": template}},
		}}
	case 8:
		group, o.kind, body = "", "PodTemplate", map[string]any{"template": template}
	}
	body["apiVersion"] = schema.GroupVersion{Group: group, Version: version}.String()
	body["kind"] = o.kind
	body["metadata"] = map[string]any{"name": o.name}
	o.object = body
	o.resource = schema.GroupVersionResource{Group: group, Version: version, Resource: resourceOf(o.kind)}
	return o
}

func resourceOf(kind string) string {
	return map[string]string{
		"Pod": "pods", "Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "ReplicaSet": "replicasets",
		"ReplicationController": "replicationcontrollers", "Job": "jobs", "CronJob": "cronjobs", "PodTemplate": "podtemplates",
	}[kind]
}

// writeFolder writes the objects as files of all shapes.
func writeFolder(t *testing.T, objects []folderObject) (dir string) {
	t.Helper()
	dir = t.TempDir()
	other := "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n---\n# nothing\n---\napiVersion: x.example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {image: not/looked:at}\n---\n"
	for n, o := range objects {
		content, extension := o.object, "yaml"
		if n%5 == 1 {
			content = map[string]any{"apiVersion": "v1", "kind": "List", "items": []any{o.object}}
		}
		data, err := yaml.Marshal(content)
		if n%5 == 2 {
			extension = "json"
			data, err = json.MarshalIndent(content, "", "  ")
		}
		if err != nil {
			t.Fatal(err)
		}
		if n%5 == 0 {
			data = append([]byte(other), data...)
		}
		writeIn(t, dir, fmt.Sprintf("team-%d/%d.%s", n%10, n, extension), string(data))
	}
	return dir
}

func writeIn(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
