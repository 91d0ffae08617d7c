package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pullgate/pullgate/e2e/cluster"
)

// openAPI is what is needed of an OpenAPI document, version 3.
type openAPI struct {
	Components struct {
		Schemas map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

// groupVersionKind is a kind that a schema is of.
type groupVersionKind struct{ Group, Version, Kind string }

const kindsKey = "x-kubernetes-group-version-kind"

// writeSchemas writes a JSON schema for each kind that the API server has, and
// returns how many.
func writeSchemas(ctx context.Context, c *cluster.Cluster, dir string) (int, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	var (
		kinds int
		err   error
	)
	// The server publishes new definitions a moment after they are established.
	for range 60 {
		if kinds, err = writeAll(ctx, c, dir); err != nil {
			return 0, err
		}
		if _, err = os.Stat(filepath.Join(dir, "cert-manager.io-v1-issuer.json")); err == nil {
			if _, err = os.Stat(filepath.Join(dir, "monitoring.coreos.com-v1-servicemonitor.json")); err == nil {
				return kinds, nil
			}
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return 0, fmt.Errorf("the API server's OpenAPI lacks what was defined: %w", err)
}

func writeAll(ctx context.Context, c *cluster.Cluster, dir string) (kinds int, err error) {
	index, stderr, err := c.Kubectl(ctx, "", "get", "--raw", "/openapi/v3")
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, stderr)
	}
	var paths struct {
		Paths map[string]struct {
			ServerRelativeURL string `json:"serverRelativeURL"`
		} `json:"paths"`
	}
	if err := json.Unmarshal([]byte(index), &paths); err != nil {
		return 0, fmt.Errorf("/openapi/v3: %w", err)
	}
	for path, at := range paths.Paths {
		if !strings.HasPrefix(path, "api/") && !strings.HasPrefix(path, "apis/") {
			continue
		}
		content, stderr, err := c.Kubectl(ctx, "", "get", "--raw", at.ServerRelativeURL)
		if err != nil {
			return 0, fmt.Errorf("%w: %s", err, stderr)
		}
		n, err := writeGroup(dir, []byte(content))
		if err != nil {
			return 0, fmt.Errorf("OpenAPI of %s: %w", path, err)
		}
		kinds += n
	}
	if kinds == 0 {
		return 0, errors.New("the API server's OpenAPI has no kinds")
	}
	return kinds, nil
}

// writeGroup writes the schemas of one document's kinds.
func writeGroup(dir string, document []byte) (kinds int, err error) {
	var doc openAPI
	if err := json.Unmarshal(document, &doc); err != nil {
		return 0, err
	}
	for _, schema := range doc.Components.Schemas {
		closeSchema(schema)
	}
	for name, schema := range doc.Components.Schemas {
		of, err := kindsOf(schema)
		if err != nil {
			return 0, err
		}
		if len(of) != 1 { // Options and the like belong to many kinds.
			continue
		}
		content, err := json.Marshal(map[string]any{"$ref": "#/components/schemas/" + name, "components": doc.Components})
		if err != nil {
			return 0, err
		}
		// Of a kind without a group, kubeconform takes the version for it.
		file := strings.ToLower(fmt.Sprintf("%s-%s-%s.json", cmp.Or(of[0].Group, of[0].Version), of[0].Version, of[0].Kind))
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			return 0, err
		}
		kinds++
	}
	return kinds, nil
}

func kindsOf(schema map[string]any) (kinds []groupVersionKind, err error) {
	content, err := json.Marshal(schema[kindsKey])
	if err != nil {
		return nil, err
	}
	return kinds, json.Unmarshal(content, &kinds)
}

// closeSchema makes a schema refuse fields that it does not name, as the API server does
// when it is asked to be strict.
func closeSchema(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		_, names := s["properties"]
		_, more := s["additionalProperties"]
		if names && !more && s["x-kubernetes-preserve-unknown-fields"] != true {
			s["additionalProperties"] = false
		}
		for _, inner := range s {
			closeSchema(inner)
		}
	case []any:
		for _, inner := range s {
			closeSchema(inner)
		}
	}
}
