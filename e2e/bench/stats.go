package bench

import (
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"
)

// Spread is a median and the quartiles beside it.
type Spread struct {
	Low    float64 `json:"p25"`
	Median float64 `json:"median"`
	High   float64 `json:"p75"`
}

func spread(values []float64) Spread {
	return Spread{quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)}
}

// Mean is a mean and its standard error.
type Mean struct {
	Mean  float64 `json:"mean"`
	Error float64 `json:"standardError"`
}

// mean is of two values or more.
func mean(values []float64) Mean {
	m, deviation := stat.MeanStdDev(values, nil)
	return Mean{m, stat.StdErr(deviation, float64(len(values)))}
}

func percentiles(values []float64) Percentiles {
	return Percentiles{quantile(values, 0.5), quantile(values, 0.99)}
}

// quantile is 0 of nothing.
func quantile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return stat.Quantile(p, stat.LinInterp, sorted, nil)
}

func mapped[T any](list []T, f func(T) float64) (out []float64) {
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
