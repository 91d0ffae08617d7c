package resolver

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ReasonsConfig moves reasons between definite and unverified.
type ReasonsConfig struct {
	// Definite are unverified reasons to be taken for definite, such as
	// Unreachable where no image may come from a registry that is down.
	Definite []Reason `json:"definite"`
	// Unverified are definite reasons to be taken for unverified, such as
	// PlatformMismatch where nodes of another platform are made on demand.
	Unverified []Reason `json:"unverified"`
}

// class is a Reason's class as configured.
func (c ReasonsConfig) class(r Reason) Class {
	switch {
	case slices.Contains(c.Definite, r):
		return ClassDefinite
	case slices.Contains(c.Unverified, r):
		return ClassUnverified
	default:
		return r.Class()
	}
}

// validate requires that each reason comes from the other class, so that nothing
// is moved twice, and nothing that is pullable.
func (c ReasonsConfig) validate(path *field.Path) (errs field.ErrorList) {
	for _, move := range []struct {
		name string
		from Class
		list []Reason
	}{{"definite", ClassUnverified, c.Definite}, {"unverified", ClassDefinite, c.Unverified}} {
		known := Reasons(move.from)
		for n, r := range move.list {
			if !slices.Contains(known, r) {
				errs = append(errs, field.NotSupported(path.Child(move.name).Index(n), r, known))
			}
		}
	}
	return errs
}
