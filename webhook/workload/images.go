package workload

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver"
)

// Image is an image with the fields of the object that name it.
type Image struct {
	resolver.Image
	Fields []string
}

// Introduced lists the images that a change brings into an object, in the
// object's order, each once with all its fields. The old one is nil where there was
// none.
func (w Workload) Introduced(old *Workload) []Image {
	images := w.Spec.Images()
	if old == nil {
		return images
	}
	known := map[string]bool{}
	for _, i := range old.Spec.Images() {
		known[i.Reference] = true
	}
	var introduced []Image
	for _, i := range images {
		if !known[i.Reference] {
			introduced = append(introduced, i)
		}
	}
	return introduced
}

// Images lists the images of a Pod spec in the order in which a kubelet needs
// them, each once with all its fields.
func (s PodSpec) Images() []Image {
	l := imageList{index: map[resolver.Image]int{}}
	for n, v := range s.Volumes {
		if v.Image != nil {
			l.add(s.field("volumes", n, "image.reference"), v.Image.Reference, v.Image.PullPolicy)
		}
	}
	for n, c := range s.InitContainers {
		l.add(s.field("initContainers", n, "image"), c.Image, c.ImagePullPolicy)
	}
	for n, c := range s.Containers {
		l.add(s.field("containers", n, "image"), c.Image, c.ImagePullPolicy)
	}
	for n, c := range s.EphemeralContainers {
		l.add(s.field("ephemeralContainers", n, "image"), c.Image, c.ImagePullPolicy)
	}
	return l.images
}

// field is the path of a field in one element of a list of the spec.
func (s PodSpec) field(list string, n int, field string) string {
	return s.Path + "." + list + "[" + strconv.Itoa(n) + "]." + field
}

// imageList collects images, each once with all its fields.
type imageList struct {
	images []Image
	index  map[resolver.Image]int
}

func (l *imageList) add(field, reference string, policy corev1.PullPolicy) {
	image := resolver.Image{Reference: reference, PullPolicy: policy}
	if at, seen := l.index[image]; seen {
		l.images[at].Fields = append(l.images[at].Fields, field)
		return
	}
	l.index[image] = len(l.images)
	l.images = append(l.images, Image{Image: image, Fields: []string{field}})
}
