package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/procfs"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// Start is how pullgate starts in an empty cluster.
type Start struct {
	// Ready is from exec to the first good answer of /readyz, in seconds, with all
	// certificates made anew.
	Ready Spread `json:"ready_s"`
	// IdleRSS is its memory a while later, in MiB.
	IdleRSS float64 `json:"idleRSS_MiB"`
}

func (b *Bench) measureStart(ctx context.Context) (s Start, err error) {
	times := 7
	if b.options.Short {
		times = 2
	}
	b.tell("start, %d times", times)
	var took []float64
	for range times {
		b.stopPullgate()
		if err := b.forgetCertificates(ctx); err != nil {
			return s, err
		}
		begun := time.Now()
		// startPullgate waits for more than ready.
		if b.server, err = pullgate.Start(ctx, b.cluster, b.pullgateOptions(pullgate.Options{})); err != nil {
			return s, err
		}
		took = append(took, time.Since(begun).Seconds())
	}
	s.Ready = spread(took)
	if err := b.startPullgate(ctx, pullgate.Options{}); err != nil {
		return s, err
	}
	if err := b.sleep(ctx, 10*time.Second); err != nil {
		return s, err
	}
	b.tellMemory()
	s.IdleRSS, err = b.rss()
	return s, err
}

// forgetCertificates makes the cluster one in which pullgate has never run.
func (b *Bench) forgetCertificates(ctx context.Context) error {
	_, err := b.client.CoreV1().Secrets(pullgate.Namespace).Patch(ctx, pullgate.Secret, types.JSONPatchType,
		[]byte(`[{"op":"add","path":"/data","value":{}}]`), metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("forget the certificates: %w", err)
	}
	configurations := b.client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	c, err := configurations.Get(ctx, pullgate.WebhookConfiguration, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("forget the certificates: %w", err)
	}
	for n := range c.Webhooks {
		c.Webhooks[n].ClientConfig.CABundle = nil
	}
	if _, err := configurations.Update(ctx, c, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("forget the certificates: %w", err)
	}
	return nil
}

// rss is pullgate's resident memory, in MiB.
func (b *Bench) rss() (float64, error) {
	stat, err := statOf(b.server.Pid())
	return float64(stat.ResidentMemory()) / (1 << 20), err
}

// tellMemory tells how much of it is the program's own file, which the kernel can
// drop and read again.
func (b *Bench) tellMemory() {
	p, err := procfs.NewProc(b.server.Pid())
	if err != nil {
		return
	}
	if status, err := p.NewStatus(); err == nil {
		b.tell("memory: %d MiB in all, %d MiB of it the program's file", status.VmRSS>>20, status.RssFile>>20)
	}
}

// cpu is the CPU time that pullgate has had, in seconds.
func (b *Bench) cpu() (float64, error) { return cpuOf(b.server.Pid()) }

func cpuOf(pid int) (float64, error) {
	stat, err := statOf(pid)
	return stat.CPUTime(), err
}

func statOf(pid int) (procfs.ProcStat, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return procfs.ProcStat{}, fmt.Errorf("look at a process: %w", err)
	}
	return p.Stat()
}

func (b *Bench) sleep(ctx context.Context, d time.Duration) error {
	if b.options.Short {
		d /= 10
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
