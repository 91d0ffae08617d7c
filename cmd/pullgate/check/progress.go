package check

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

const (
	barWidth = 30
	// barInterval keeps the bar from costing more than the checks.
	barInterval = 100 * time.Millisecond
)

// bar is a progress bar on a terminal; on anything else it is silent.
type bar struct {
	w io.Writer // nil for silence

	mu          sync.Mutex
	done, total int
	drawn       time.Time
}

func newBar(w io.Writer) *bar {
	if !isTerminal(w) {
		w = nil
	}
	return &bar{w: w}
}

func (b *bar) begin(total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total = total
	b.draw()
}

func (b *bar) step() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done++
	if time.Since(b.drawn) >= barInterval {
		b.draw()
	}
}

// end removes the bar.
func (b *bar) end() {
	if b.w != nil {
		_, _ = fmt.Fprint(b.w, "\r\x1b[K")
	}
}

func (b *bar) draw() {
	if b.w == nil || b.total == 0 {
		return
	}
	b.drawn = time.Now()
	full := barWidth * b.done / b.total
	_, _ = fmt.Fprintf(b.w, "\r[%s%s] %d of %d checks", strings.Repeat("#", full), strings.Repeat(" ", barWidth-full), b.done, b.total)
}
