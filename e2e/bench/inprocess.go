package bench

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

// InProcess is the handler alone, from the bytes of an AdmissionReview with three
// images to those of the answer, beside a handler that looks at nothing. Times are
// in µs.
type InProcess struct {
	Pod      string  `json:"pod"`
	NoOp     Spread  `json:"noOp_us"`
	Pullgate Spread  `json:"pullgate_us"`
	Ratio    float64 `json:"ratio"`
}

// benchLine is what `go test -bench` prints for BenchmarkHandle.
var benchLine = regexp.MustCompile(`(?m)^BenchmarkHandle/(\S+)/(no-op|pullgate)(?:-\d+)?\s+\d+\s+([0-9.]+) ns/op`)

// inProcess runs the benchmark of the package webhook, in the product's module.
func (b *Bench) inProcess(ctx context.Context, root string) (list []InProcess, err error) {
	times, each := "7", "300ms"
	if b.options.Short {
		times, each = "2", "20ms"
	}
	b.tell("the handler alone")
	cmd := exec.CommandContext(ctx, "go", "test", "./webhook", "-run", "^$", "-bench", "^BenchmarkHandle$", "-count", times, "-benchtime", each)
	cmd.Dir = root
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -bench: %w\n%s", err, output)
	}
	found := map[string]map[string][]float64{}
	var pods []string
	for _, m := range benchLine.FindAllSubmatch(bytes.TrimSpace(output), -1) {
		pod, who := string(m[1]), string(m[2])
		ns, err := strconv.ParseFloat(string(m[3]), 64)
		if err != nil {
			return nil, fmt.Errorf("go test -bench: %w", err)
		}
		if found[pod] == nil {
			found[pod], pods = map[string][]float64{}, append(pods, pod)
		}
		found[pod][who] = append(found[pod][who], ns/1000)
	}
	for _, pod := range pods {
		p := InProcess{Pod: pod, NoOp: spread(found[pod]["no-op"]), Pullgate: spread(found[pod]["pullgate"])}
		p.Ratio = p.Pullgate.Median / p.NoOp.Median
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("go test -bench printed no result:\n%s", output)
	}
	return list, nil
}
