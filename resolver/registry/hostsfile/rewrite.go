package hostsfile

import (
	"maps"
	"regexp"
	"slices"
)

// Rewrites are regular expressions, and what takes the place of what they match
// in the name of a repository. k3s writes them as
//
//	[host."https://harbor.example.com/v2".rewrite]
//	  "^(.*)$" = "dockerhub/$1"
type Rewrites []rewrite

type rewrite struct {
	pattern     *regexp.Regexp
	replacement string
}

// rewritesOf reads a rewrite table. What is none is strange. A pattern that does
// not compile is passed over, as nodes do.
func rewritesOf(value any) (list Rewrites, strange bool) {
	if value == nil {
		return nil, false
	}
	patterns, ok := value.(map[string]any)
	if !ok {
		return nil, true
	}
	for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
		replacement, ok := patterns[pattern].(string)
		if !ok {
			return nil, true
		}
		if compiled, err := regexp.Compile(pattern); err == nil {
			list = append(list, rewrite{compiled, replacement})
		}
	}
	return list, false
}

// Names are those under which an endpoint may be asked for a repository. A node
// takes the first pattern that changes the name, and goes through them in the
// order of a Go map: anew, and otherwise, for each request. So where several
// change it there are several names, and each may be the one.
func (r Rewrites) Names(repository string) (names []string) {
	for _, w := range r {
		name := w.pattern.ReplaceAllString(repository, w.replacement)
		if name != repository && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return []string{repository}
	}
	return names
}
