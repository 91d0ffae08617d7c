package faults

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// figures are what the replicas hold, all together, without what waits for a next
// request: a connection kept alive has no deadline yet, and how many there are is
// the load's doing. Such a connection is one goroutine where it came in and two
// where it goes out.
//
// processes are those of plugins, and what is left of them; see plugins.
type figures struct{ goroutines, connections, processes int }

func (b *Bench) figures(ctx context.Context) (f figures, err error) {
	var pids []int
	for _, r := range b.present() {
		pids = append(pids, r.Pid())
		select {
		case <-r.Exited():
			return f, fmt.Errorf("a replica has ended by itself; its log ends:\n%s", r.Log())
		default:
		}
		n, err := metric(ctx, r.MetricsURL(), "go_goroutines")
		if err != nil {
			return f, err
		}
		sockets, err := sockets(r.Pid())
		if err != nil {
			return f, err
		}
		in, _ := r.place.Connections()
		f.goroutines += n - in
		f.connections += sockets - in
	}
	for _, p := range b.sites.all() {
		idle := p.Idle()
		f.goroutines -= 2 * idle
		f.connections -= idle
	}
	f.processes, err = b.plugins.processes(pids...)
	return f, err
}

// metric reads one metric without labels.
func metric(ctx context.Context, url, name string) (int, error) {
	content, err := metrics(ctx, url)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", name, err)
	}
	return sum(content, name+" ")
}

// metrics reads all metrics.
func metrics(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// sum adds the values of all metrics whose line begins so and has all the labels.
func sum(metrics []byte, begins string, labels ...string) (total int, err error) {
	lines := bufio.NewScanner(bytes.NewReader(metrics))
	lines.Buffer(nil, 1<<20)
lines:
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, begins) {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(line, label) {
				continue lines
			}
		}
		value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", begins, err)
		}
		total += int(value)
	}
	return total, lines.Err()
}

// failedCalls is how many calls of the webhook failed, as the API server counts
// them since it was started.
func (b *Bench) failedCalls(ctx context.Context) (int, error) {
	content, err := b.cluster.Client().CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the API server's metrics: %w", err)
	}
	return sum(content, "apiserver_admission_webhook_rejection_count{",
		`error_type="calling_webhook_error"`, `name="`+pullgate.Webhook+`"`)
}

// sockets counts a process's open sockets.
func sockets(pid int) (n int, err error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("count sockets: %w", err)
	}
	for _, e := range entries {
		// One that is gone since is none.
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n, nil
}

// watchMemory keeps an eye on the replicas' memory, until stop is called, which
// returns the most that one of them has had, in MiB.
func (b *Bench) watchMemory() (stop func() float64) {
	var (
		peak float64
		once sync.Once
	)
	asked, done := make(chan struct{}), make(chan struct{})
	for _, r := range b.present() {
		// From here on, "most" means since now. Where that may not be written, it
		// means since the start, which is no less.
		_ = os.WriteFile(filepath.Join("/proc", strconv.Itoa(r.Pid()), "clear_refs"), []byte("5"), 0)
	}
	go func() {
		defer close(done)
		for {
			for _, r := range b.present() {
				peak = max(peak, mostMemory(r.Pid()))
			}
			select {
			case <-asked:
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	return func() float64 {
		once.Do(func() { close(asked) })
		<-done
		return peak
	}
}

// mostMemory is the most resident memory that a process has had, in MiB; nothing
// of one that has ended.
func mostMemory(pid int) float64 {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(content), "VmHWM:")
	kB, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	n, err := strconv.ParseFloat(kB, 64)
	if err != nil {
		return 0
	}
	return n / 1024
}
