package conformance

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
)

// shrinkSteps is how many smaller runs are tried at most.
const shrinkSteps = 200

// shrink makes a disagreement as small as it gets.
func (a *arena) shrink(ctx context.Context, r Random, p played) (Random, played) {
	was := compare(p.Outcome)
	for steps := 0; steps < shrinkSteps; {
		smaller := false
		for _, candidate := range reductions(r) {
			steps++
			o := a.play(ctx, candidate)
			if s := compare(o.Outcome); o.Err == nil && s == was {
				r, p, smaller = candidate, o, true
				break
			}
		}
		if !smaller {
			break
		}
	}
	return r, p
}

// reductions are the runs that lack one thing of a run.
func reductions(r Random) (smaller []Random) {
	var tree any
	if json.Unmarshal([]byte(r.String()), &tree) != nil {
		return nil
	}
	for _, t := range without(tree) {
		line, err := json.Marshal(t)
		if err != nil {
			continue
		}
		if candidate, err := ParseRandom(string(line)); err == nil && candidate.String() != r.String() && !candidate.gap() {
			smaller = append(smaller, candidate)
		}
	}
	return smaller
}

// without is every tree that lacks one branch of a tree, large branches first.
func without(tree any) (all []any) {
	switch t := tree.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(t))
		for _, k := range keys {
			rest := maps.Clone(t)
			delete(rest, k)
			all = append(all, rest)
		}
		for _, k := range keys {
			for _, branch := range without(t[k]) {
				rest := maps.Clone(t)
				rest[k] = branch
				all = append(all, rest)
			}
		}
	case []any:
		for i := range t {
			all = append(all, slices.Delete(slices.Clone(t), i, i+1))
		}
		for i := range t {
			for _, branch := range without(t[i]) {
				rest := slices.Clone(t)
				rest[i] = branch
				all = append(all, rest)
			}
		}
	}
	return all
}
