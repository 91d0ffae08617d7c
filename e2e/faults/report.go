package faults

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"
)

// The targets.
const (
	maxRSS = 128
	// tolerance is how many goroutines and connections of two replicas come and go
	// by themselves: probes, watches, whoever reads the metrics.
	tolerance = 12
)

// Row is what one fault did.
type Row struct {
	Name          string  `json:"name"`
	Pods          int     `json:"pods"`
	FailedCalls   int     `json:"failedCalls"`
	WrongVerdicts int     `json:"wrongVerdicts"`
	P50           float64 `json:"p50_ms"`
	P99           float64 `json:"p99_ms"`
	RSS           float64 `json:"rssMiB"`
	// Unavoidable is how many of the failed calls nobody could have answered, at
	// most: see broken.
	Unavoidable int `json:"unavoidable"`
	// Unverified Pods went through with a warning. NotSent are requests that the
	// API server did not take.
	Unverified int `json:"unverified"`
	// Blamed are those of them that were told of a credential provider.
	Blamed  int `json:"blamed"`
	NotSent int `json:"notSent"`
	// Before and After are what the replicas held; see figures. Mute are
	// connections to a black hole that nobody has given up.
	Before figures `json:"-"`
	After  figures `json:"-"`
	Mute   int     `json:"mute"`
	// Recovery is how long it took, in seconds, from the end of the fault until
	// everything was verified again.
	Recovery float64 `json:"recovery_s"`
	// Settled is how long after the end of the fault After was counted: the first
	// time that it was as before, or the last one.
	Settled  float64  `json:"settled_s"`
	Misses   []string `json:"misses,omitempty"`
	Examples []string `json:"examples,omitempty"`

	deadline       time.Duration // of a call
	apiServerAway  bool
	apiServerCount int
	blames         bool
	notRecovered   string
	seen           []string
	before         string
}

// MarshalJSON adds what is no field.
func (r Row) MarshalJSON() ([]byte, error) {
	type plain Row
	return json.Marshal(struct {
		plain
		GoroutinesBefore  int `json:"goroutinesBefore"`
		GoroutinesAfter   int `json:"goroutinesAfter"`
		ConnectionsBefore int `json:"connectionsBefore"`
		ConnectionsAfter  int `json:"connectionsAfter"`
		ProcessesAfter    int `json:"processesAfter"`
	}{plain(r), r.Before.goroutines, r.After.goroutines, r.Before.connections, r.After.connections, r.After.processes})
}

func (f figures) within(before figures) bool {
	return f.goroutines <= before.goroutines+tolerance && f.connections <= before.connections+tolerance && f.processes == 0
}

// calm notes what should not have happened before the fault.
func (r *Row) calm(t *tally) {
	if w, f, n := t.count(wrong), t.count(failed), t.count(notSent); w+f+n > 0 {
		r.before = fmt.Sprintf("before it: %d wrong verdicts, %d failed calls, %d requests not taken", w, f, n)
		r.Examples = append(r.Examples, t.examples...)
	}
}

func (r *Row) count(t *tally) {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	r.Pods, r.FailedCalls, r.WrongVerdicts = t.pods(), t.count(failed), t.count(wrong)
	r.Unverified, r.Blamed, r.NotSent = t.count(unverified), t.blames(), t.count(notSent)
	r.P50, r.P99 = ms(t.percentile(50)), ms(t.percentile(99))
	r.Examples = append(r.Examples, t.examples...)
}

// misses lists the targets that were missed.
func (r *Row) misses() (list []string) {
	miss := func(is bool, format string, args ...any) {
		if is {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	miss(r.WrongVerdicts > 0, "%d wrong verdicts", r.WrongVerdicts)
	miss(r.FailedCalls > r.Unavoidable, "%d failed calls, of which %d at most could not be avoided", r.FailedCalls, r.Unavoidable)
	miss(r.Pods == 0, "no Pod was answered")
	miss(r.P99 >= float64(r.deadline.Milliseconds()), "p99 of %.0f ms is past the deadline", r.P99)
	miss(r.RSS >= maxRSS, "%.0f MiB of memory", r.RSS)
	miss(!r.After.within(r.Before), "goroutines went from %d to %d, connections from %d to %d, and %d processes of plugins are left",
		r.Before.goroutines, r.After.goroutines, r.Before.connections, r.After.connections, r.After.processes)
	miss(r.Mute > 0, "%d connections have outlived their deadline", r.Mute)
	miss(r.blames && r.Blamed == 0, "no Pod was told of the credential provider")
	miss(r.blames && r.Blamed < r.Unverified, "%d Pods were not verified, for something else than the credential provider", r.Unverified-r.Blamed)
	miss(!r.blames && r.Blamed > 0, "%d Pods were told of a credential provider that is well", r.Blamed)
	miss(r.notRecovered != "", "no recovery: %s", r.notRecovered)
	miss(r.before != "", "%s", r.before)
	miss(r.NotSent > 0 && !r.apiServerAway, "the API server did not take %d requests", r.NotSent)
	// A restarted API server counts from zero.
	miss(!r.apiServerAway && r.apiServerCount != r.FailedCalls, "the API server counts %d failed calls, and the load %d", r.apiServerCount, r.FailedCalls)
	return append(list, r.seen...)
}

// Report is what all did.
type Report struct {
	Faults []Row `json:"faults"`
}

// Good reports whether no target was missed.
func (r Report) Good() bool {
	for _, row := range r.Faults {
		if len(row.Misses) > 0 {
			return false
		}
	}
	return true
}

// WriteJSON writes faults.json.
func (r Report) WriteJSON(path string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := os.WriteFile(path, append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// Print writes the table for a terminal, and what was missed.
func (r Report) Print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	say("fault\tpods\tfailed calls\twrong\tunverified\tp50\tp99\tRSS\tgoroutines\tconnections\trecovery\ttargets")
	for _, row := range r.Faults {
		failed := fmt.Sprint(row.FailedCalls)
		if row.FailedCalls > 0 && row.Unavoidable > 0 {
			failed += fmt.Sprintf(" (of ≤ %d lost)", row.Unavoidable)
		}
		kept := "kept"
		if len(row.Misses) > 0 {
			kept = "MISSED"
		}
		say("%s\t%d\t%s\t%d\t%d\t%.1f ms\t%.0f ms\t%.0f MiB\t%d → %d\t%d → %d\t%.1f s\t%s", row.Name, row.Pods, failed, row.WrongVerdicts, row.Unverified,
			row.P50, row.P99, row.RSS, row.Before.goroutines, row.After.goroutines, row.Before.connections, row.After.connections, row.Recovery, kept)
	}
	_ = w.Flush()
	for _, row := range r.Faults {
		for _, m := range row.Misses {
			say("missed: %s: %s", row.Name, m)
		}
		for _, e := range row.Examples {
			if len(row.Misses) > 0 {
				say("    %s", e)
			}
		}
	}
	_ = w.Flush()
}
