package node

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/pullgate/pullgate/e2e/process"
)

// PodLogs are the ends of the logs of all containers in a namespace, those that
// have ended too, of which `kubectl logs` knows the last alone.
func (n *Node) PodLogs(namespace string) string {
	files, err := filepath.Glob(filepath.Join(n.folder.Path("pods"), namespace+"_*", "*", "*.log"))
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			continue
		}
		name, _ := filepath.Rel(n.folder.Path("pods"), file)
		b.WriteString("--- " + name + "\n" + process.Tail(file, 4<<10) + "\n")
	}
	return b.String()
}
