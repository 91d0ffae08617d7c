package conformance

import (
	"slices"
	"strings"
)

// Cases are all cases in the order of their numbers.
func Cases() []Case {
	all := slices.Concat(referenceCases(), credentialCases(), keyCases(), objectCases(), transportCases(), hostCases(), contentCases(), foundCases())
	slices.SortFunc(all, func(a, b Case) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func lower(id string) string { return strings.ToLower(id) }
