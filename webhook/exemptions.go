package webhook

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/webhook/workload"
)

// Exemptions are requests and images that are let through unseen, whatever the
// namespace's labels say. All are globs, in which * stands for anything but a
// slash, and ** between slashes for any number of parts.
type Exemptions struct {
	// Namespaces are the names of those that are exempt as a whole.
	Namespaces []string `json:"namespaces"`
	// Usernames are those who send the request. That of a Deployment's Pods is
	// the ReplicaSet controller, system:serviceaccount:kube-system:replicaset-controller.
	Usernames []string `json:"usernames"`
	// RuntimeClasses are those that a Pod names, for runtimes that pull images in
	// their own way.
	RuntimeClasses []string `json:"runtimeClasses"`
	// Images are image references as they are written, or in full, as in
	// docker.io/library/nginx:1.29 or registry.example.com/acme/**. The other
	// images of the same Pod are checked.
	Images []string `json:"images"`
}

func (e Exemptions) validate(path *field.Path) (errs field.ErrorList) {
	errs = append(errs, globErrors(path.Child("namespaces"), e.Namespaces)...)
	errs = append(errs, globErrors(path.Child("usernames"), e.Usernames)...)
	errs = append(errs, globErrors(path.Child("runtimeClasses"), e.RuntimeClasses)...)
	return append(errs, globErrors(path.Child("images"), e.Images)...)
}

// request says by what a request is exempt before its object is looked at, "" if
// it is not.
func (e Exemptions) request(namespace string, user authenticationv1.UserInfo) string {
	switch {
	case e.namespace(namespace):
		return ByNamespace
	case matchesAny(e.Usernames, user.Username):
		return "username"
	default:
		return ""
	}
}

func (e Exemptions) namespace(name string) bool { return matchesAny(e.Namespaces, name) }

func (e Exemptions) podSpec(spec workload.PodSpec) string {
	if class := spec.RuntimeClassName; class != nil && matchesAny(e.RuntimeClasses, *class) {
		return ByRuntimeClass
	}
	return ""
}

// image reports whether an image is exempt.
func (e Exemptions) image(written string) bool {
	if len(e.Images) == 0 {
		return false
	}
	if matchesAny(e.Images, written) {
		return true
	}
	ref, err := reference.Parse(written)
	return err == nil && matchesAny(e.Images, ref.String())
}

// placeholder reports whether an image of a template stands for another.
func (c WorkloadsConfig) placeholder(image string) bool {
	return strings.TrimSpace(image) == "" || matchesAny(c.Placeholders, image)
}

// What Exempt says.
const (
	ByNamespace    = "namespace"
	ByRuntimeClass = "runtimeClass"
	ByImage        = "image"
	// ByPlaceholder is for an image of a template that stands for another.
	ByPlaceholder = "placeholder"
)

// Exempt says by what an image of a Pod spec is let through unseen, whoever
// brings it, "" if by nothing. It is for those who ask without a request.
func (c Config) Exempt(namespace string, spec workload.PodSpec, image string) string {
	switch {
	case matchesAny(c.Exemptions.Namespaces, namespace):
		return ByNamespace
	case c.Exemptions.podSpec(spec) != "":
		return ByRuntimeClass
	case c.Exemptions.image(image):
		return ByImage
	case spec.Template && c.Workloads.placeholder(image):
		return ByPlaceholder
	default:
		return ""
	}
}

// worthChecking leaves out the images that are exempt or stand for others.
func (c Config) worthChecking(images []workload.Image, template bool) []workload.Image {
	return slices.DeleteFunc(images, func(i workload.Image) bool {
		return c.Exemptions.image(i.Reference) || template && c.Workloads.placeholder(i.Reference)
	})
}

// maxMatched bounds what is held against globs, in bytes: longer than any name
// or reference that is valid, and short enough for a pattern with many stars.
const maxMatched = 4 << 10

func matchesAny(globs []string, s string) bool {
	return len(s) <= maxMatched && slices.ContainsFunc(globs, func(glob string) bool {
		ok, err := doublestar.Match(glob, s)
		return err == nil && ok
	})
}
