package bench

import (
	"fmt"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// plot draws the pictures of docs/performance.md into a folder.
func (r Result) plot(dir string) error {
	for name, draw := range map[string]func(*plot.Plot) error{
		"creation.svg": r.plotCreation, "cold.svg": r.plotCold, "growth.svg": r.plotGrowth,
	} {
		p := plot.New()
		p.Add(plotter.NewGrid())
		if err := draw(p); err != nil {
			return err
		}
		if err := p.Save(18*vg.Centimeter, 10*vg.Centimeter, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func (r Result) plotCreation(p *plot.Plot) error {
	p.Title.Text = "Pods created, 16 clients at once"
	p.X.Label.Text, p.Y.Label.Text = "at most so many ms", "share of Pods"
	p.Legend.Top, p.Legend.Left = false, false
	var lines []any
	end := 0.0
	for _, c := range r.Creation {
		lines = append(lines, c.Name, shares(c.latencies))
		end = max(end, quantile(c.latencies, 0.995))
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, end, 0, 1
	return plotutil.AddLines(p, lines...)
}

func (r Result) plotCold(p *plot.Plot) error {
	p.Title.Text = "First check of an image, one request at a time"
	p.X.Label.Text, p.Y.Label.Text = "at most so many ms", "share of requests"
	p.Legend.Left = true
	p.Legend.Top = true
	var lines []any
	for _, c := range r.Cold {
		for _, line := range []struct {
			name  string
			times []float64
		}{{"bare HEAD", c.head}, {"10 bare HEADs", c.tenHeads}, {"1 image", c.one}, {"10 images", c.ten}} {
			lines = append(lines, fmt.Sprintf("%s, %d ms", line.name, c.RegistryLatency), shares(line.times))
		}
	}
	p.Y.Min, p.Y.Max = 0, 1
	return plotutil.AddLines(p, lines...)
}

func (r Result) plotGrowth(p *plot.Plot) error {
	p.Title.Text = "A warm request as things grow"
	p.X.Label.Text, p.Y.Label.Text = "how many", "ms"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, true
	var lines []any
	for _, g := range r.Growth {
		var points plotter.XYs
		for _, at := range g.Points {
			points = append(points, plotter.XY{X: float64(at.Size), Y: at.Time.Median})
		}
		lines = append(lines, g.Of, points)
	}
	return plotutil.AddLinePoints(p, lines...)
}

// shares is which share of some times is no longer than each, at no more than a
// few hundred of them.
func shares(times []float64) (points plotter.XYs) {
	sorted := slices.Sorted(slices.Values(times))
	step := max(1, len(sorted)/300)
	for n := 0; n < len(sorted); n += step {
		points = append(points, plotter.XY{X: sorted[n], Y: float64(n+1) / float64(len(sorted))})
	}
	return points
}
