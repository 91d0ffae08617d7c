package bench

import (
	"fmt"
	"slices"
)

// Target is a figure and what it was to be.
type Target struct {
	Figure  string `json:"figure"`
	Want    string `json:"want"`
	Got     string `json:"got"`
	Reached bool   `json:"reached"`
}

// targets holds the figures against what they were to be.
func targets(r Result) (list []Target) {
	add := func(reached bool, figure, want, format string, args ...any) {
		list = append(list, Target{figure, want, fmt.Sprintf(format, args...), reached})
	}
	most := func(figure string, got, limit float64, unit string) {
		add(got <= limit, figure, fmt.Sprintf("≤ %g%s", limit, unit), "%.2f%s", got, unit)
	}
	if w := creationOf(r, warm); w != nil {
		add(w.MeanRateToNoOp.Mean >= 0.97, "warm throughput ÷ no-op webhook", "≥ 0.97", "%.3f ± %.3f (mean of all rounds, and its standard error)",
			w.MeanRateToNoOp.Mean, w.MeanRateToNoOp.Error)
		add(w.P99ToNoOp.Median <= 1.10, "warm p99 ÷ no-op p99", "≤ 1.1", "%.3f", w.P99ToNoOp.Median)
	}
	for _, p := range r.InProcess {
		most(fmt.Sprintf("handler ÷ no-op handler, %s Pod of 3 images", p.Pod), p.Ratio, 2, "")
	}
	for _, c := range r.Cold {
		if c.RegistryLatency > 0 {
			most(fmt.Sprintf("first check ÷ bare HEAD, p50, registry at %d ms", c.RegistryLatency), c.OneImage.P50/c.Head.P50, 1.1, "")
			ratio := c.TenImages.P50 / c.OneImage.P50
			add(ratio <= 1.25, fmt.Sprintf("10 images ÷ 1 image, first check, registry at %d ms", c.RegistryLatency), "≤ 1.25",
				"%.2f (10 bare HEADs ÷ 1: %.2f)", ratio, c.TenHeads.P50/c.Head.P50)
		}
	}
	q := r.Requests
	heads := q.Images + q.Indexes
	add(q.Seen.Heads <= int64(heads), fmt.Sprintf("HEADs of manifests for %d Pods of %d images: one for each image, and one for the child of each index", q.Pods, q.Images), fmt.Sprintf("≤ %d", heads), "%d", q.Seen.Heads)
	add(q.Seen.Challenged <= int64(q.Credentials), "requests without a token, which say where to get it, one for each repository and credential", fmt.Sprintf("≤ %d", q.Credentials), "%d", q.Seen.Challenged)
	gets := q.Indexes + repositories
	add(q.Seen.Gets <= int64(gets), "GETs of manifests: one for each index, and in the background one for each manifest's digest", fmt.Sprintf("≤ %d", gets), "%d", q.Seen.Gets)
	add(q.Seen.Tokens == int64(q.Credentials), "token requests, one for each repository and credential", fmt.Sprint(q.Credentials), "%d", q.Seen.Tokens)
	add(q.SecretReads <= q.MaxSecretReads(), fmt.Sprintf("Secret reads, %d Secrets in %.0f s", q.Secrets, q.Seconds), fmt.Sprintf("≤ %d", q.MaxSecretReads()), "%d", q.SecretReads)
	if p := r.Provider; len(p.First) > 0 {
		add(p.Rate.Mean >= 0.98, "warm throughput with a provider's credential ÷ with a Secret", "≥ 0.98", "%.3f ± %.3f (mean of all rounds, and its standard error)",
			p.Rate.Mean, p.Rate.Error)
		for _, f := range p.First {
			most(fmt.Sprintf("first check with a provider's credential ÷ with a Secret, p50, registry at %d ms", f.RegistryLatency), f.Ratio(), 1.05, "")
		}
	}
	most("RSS idle", r.Start.IdleRSS, 40, " MiB")
	most(fmt.Sprintf("RSS with %d images known", lastSize(r, "images known")), r.CachedRSS, 120, " MiB")
	most(fmt.Sprintf("RSS with %d nodes, %d namespaces, %d Pods", r.Crowd.Nodes, r.Crowd.Namespaces, r.Crowd.Pods), r.Crowd.RSS, 100, " MiB")
	most("exec to ready, certificates made on the way", r.Start.Ready.Median, 2, " s")
	if g := growthOf(r, "images known"); g != nil {
		first, last := g.Points[0], g.Points[len(g.Points)-1]
		flat := last.Time.Low <= first.Time.High || last.Time.Median <= 1.1*first.Time.Median
		add(flat, fmt.Sprintf("a warm request with %d images known, and with %d", first.Size, last.Size), "flat within noise",
			"%.3f ms, and %.3f ms", first.Time.Median, last.Time.Median)
	}
	return list
}

func creationOf(r Result, v variant) *Creation {
	if n := slices.IndexFunc(r.Creation, func(c Creation) bool { return c.Name == string(v) }); n >= 0 {
		return &r.Creation[n]
	}
	return nil
}

func growthOf(r Result, of string) *Growth {
	if n := slices.IndexFunc(r.Growth, func(g Growth) bool { return g.Of == of && len(g.Points) > 0 }); n >= 0 {
		return &r.Growth[n]
	}
	return nil
}

func lastSize(r Result, of string) int {
	if g := growthOf(r, of); g != nil {
		return g.Points[len(g.Points)-1].Size
	}
	return 0
}
