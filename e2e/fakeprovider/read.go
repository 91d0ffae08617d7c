package fakeprovider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Runs are those that a Log has, in their order; none if there is no such file.
func Runs(log string) ([]Run, error) {
	content, err := os.ReadFile(log)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the runs: %w", err)
	}
	var runs []Run
	for line := range bytes.Lines(content) {
		var r Run
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("read the runs: %s: line %d: %w", log, len(runs)+1, err)
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// Wait waits until a Log has n runs, and returns all that it has by then.
func Wait(ctx context.Context, log string, n int) ([]Run, error) {
	for {
		runs, err := Runs(log)
		if err != nil || len(runs) >= n {
			return runs, err
		}
		select {
		case <-ctx.Done():
			return runs, fmt.Errorf("wait for run %d in %s, which has %d: %w", n, log, len(runs), context.Cause(ctx))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Install puts a program into a folder under the names of providers.
func Install(dir, binary string, names ...string) error {
	for _, name := range names {
		if err := os.Symlink(binary, filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("install the provider %s: %w", name, err)
		}
	}
	return nil
}

// Answer is what a provider answers well: credentials by key, kept under a key of the
// type ("Image", "Registry", "Global") for as long as duration says, if that is not
// empty.
func Answer(keyType, duration string, auth map[string]Login) string {
	answer := struct {
		Kind          string           `json:"kind"`
		APIVersion    string           `json:"apiVersion"`
		CacheKeyType  string           `json:"cacheKeyType"`
		CacheDuration string           `json:"cacheDuration,omitempty"`
		Auth          map[string]Login `json:"auth,omitempty"`
	}{"CredentialProviderResponse", "credentialprovider.kubelet.k8s.io/v1", keyType, duration, auth}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return err.Error()
	}
	return out.String()
}

// Login is a credential of an Answer.
type Login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}
