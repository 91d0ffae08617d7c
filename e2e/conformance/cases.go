package conformance

import (
	"cmp"
	"slices"
	"strings"
)

// Cases are all cases in the order of their numbers.
func Cases() []Case {
	all := slices.Concat(referenceCases(), credentialCases(), keyCases(), objectCases(), transportCases(), hostCases(), contentCases(), foundCases(),
		reportedSizes(), reportedIndexes(), reportedEntries(), reportedFronts(), reportedContent(), reportedObjects(), backgroundCases())
	// C100 comes after C99.
	slices.SortFunc(all, func(a, b Case) int { return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID)) })
	return all
}

func lower(id string) string { return strings.ToLower(id) }
