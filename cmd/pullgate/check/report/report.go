package report

import (
	"cmp"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver"
)

// The version of the document. Fields may be added to it; none is renamed, and
// none changes its meaning.
const (
	APIVersion = "pullgate.dev/v1alpha1"
	Kind       = "CheckReport"
)

// ClassSkipped is the class of images that were not checked, next to those of
// the resolver.
const ClassSkipped resolver.Class = "skipped"

// Why an image was not checked, next to the resolver's Reasons.
const (
	// Exempt: the configuration exempts it.
	Exempt resolver.Reason = "Exempt"
	// Placeholder: in a Pod template, it stands for another image.
	Placeholder resolver.Reason = "Placeholder"
)

// Report is what `pullgate check` found.
type Report struct {
	metav1.TypeMeta `json:",inline"`
	Summary         Summary `json:"summary"`
	// Items hold one entry for each image of each object, the worst first.
	Items []Item `json:"items"`
	// Errors are inputs, or parts of them, that could not be checked.
	Errors []InputError `json:"errors,omitempty"`
}

// Summary counts. Pullable, Definite, Unverified and Skipped add up to the number
// of items.
type Summary struct {
	Pullable   int `json:"pullable"`
	Definite   int `json:"definite"`
	Unverified int `json:"unverified"`
	Skipped    int `json:"skipped"`
	// Notes is how many of the pullable ones have something to say.
	Notes int `json:"notes"`
	// Images is how many different images were checked.
	Images int `json:"images"`
	// OtherObjects are those of kinds that have no images.
	OtherObjects int `json:"otherObjects"`
	Errors       int `json:"errors"`
}

// Item is the verdict on one image of one object.
type Item struct {
	Source *Source `json:"source,omitempty"`
	Object *Object `json:"object,omitempty"`
	// Fields are those of the object that name the image.
	Fields []Field         `json:"fields,omitempty"`
	Image  string          `json:"image"`
	Class  resolver.Class  `json:"class"`
	Reason resolver.Reason `json:"reason"`
	// Message is the cause and the cure; on a pullable image a note.
	Message string `json:"message,omitempty"`
	// Digest is what the image resolved to.
	Digest string `json:"digest,omitempty"`
	// Detail is the error behind the Reason.
	Detail string `json:"detail,omitempty"`
}

// Source is where an object stands in a file.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
}

// String is file:line.
func (s Source) String() string {
	if s.Line == 0 {
		return s.File
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
}

// Object names an API object.
type Object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
}

// Field is a field that names an image.
type Field struct {
	Path string `json:"path"`
	// Line is where it stands in the source, 0 where that is not known.
	Line int `json:"line,omitempty"`
}

// InputError says of an input what is wrong with it.
type InputError struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
}

// Error is file:line: message.
func (e InputError) Error() string {
	if e.File == "" {
		return e.Message
	}
	return Source{e.File, e.Line}.String() + ": " + e.Message
}

// New makes a Report: sorts and counts.
func New(items []Item, errs []InputError, otherObjects int) Report {
	r := Report{
		TypeMeta: metav1.TypeMeta{APIVersion: APIVersion, Kind: Kind},
		Items:    slices.Clone(items),
		Errors:   errs,
		Summary:  Summary{OtherObjects: otherObjects, Errors: len(errs)},
	}
	if r.Items == nil {
		r.Items = []Item{} // a list in JSON, and not null
	}
	slices.SortStableFunc(r.Items, compare)
	images := map[string]bool{}
	for _, i := range r.Items {
		r.Summary.count(i)
		if i.Class != ClassSkipped {
			images[i.Image] = true
		}
	}
	r.Summary.Images = len(images)
	return r
}

func (s *Summary) count(i Item) {
	switch i.Class {
	case resolver.ClassDefinite:
		s.Definite++
	case resolver.ClassPullable:
		s.Pullable++
		if i.Message != "" {
			s.Notes++
		}
	case ClassSkipped:
		s.Skipped++
	default:
		s.Unverified++
	}
}

// severity orders items, the worst first.
func (i Item) severity() int {
	switch {
	case i.Class == resolver.ClassDefinite:
		return 0
	case i.Class == resolver.ClassUnverified:
		return 1
	case i.noted():
		return 2
	case i.Class == resolver.ClassPullable:
		return 3
	default:
		return 4
	}
}

// noted tells that there is something to say of a pullable image.
func (i Item) noted() bool { return i.Class == resolver.ClassPullable && i.Message != "" }

func compare(a, b Item) int {
	x, y := a.object(), b.object()
	return cmp.Or(
		cmp.Compare(a.severity(), b.severity()),
		cmp.Compare(x.Namespace, y.Namespace),
		cmp.Compare(x.Kind, y.Kind),
		cmp.Compare(x.Name, y.Name),
		cmp.Compare(a.source().File, b.source().File),
		cmp.Compare(a.source().Line, b.source().Line),
		cmp.Compare(a.firstField(), b.firstField()),
		cmp.Compare(a.Image, b.Image),
	)
}

func (i Item) object() Object {
	if i.Object == nil {
		return Object{}
	}
	return *i.Object
}

func (i Item) source() Source {
	if i.Source == nil {
		return Source{}
	}
	return *i.Source
}

func (i Item) firstField() string {
	if len(i.Fields) == 0 {
		return ""
	}
	return i.Fields[0].Path
}

// at is the source of a field, "" where there is none.
func (i Item) at(f Field) string {
	s := i.source()
	if f.Line != 0 {
		s.Line = f.Line
	}
	return s.String()
}
