package check

import (
	"encoding/json"
	"strings"

	"k8s.io/cli-runtime/pkg/resource"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
)

// addKustomization adds what a kustomization comes to, by the library that
// kubectl uses. Its objects have no lines: they stand in no file.
func (m *manifests) addKustomization(folder string) {
	result := resource.NewLocalBuilder().Unstructured().ContinueOnError().
		FilenameParam(false, &resource.FilenameOptions{Kustomize: folder}).
		Flatten().Do()
	err := result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		raw, err := json.Marshal(info.Object)
		if err != nil {
			return err
		}
		m.addObject(document{file: folder}, nil, raw, "")
		return nil
	})
	if err != nil {
		// The library's errors are of several lines.
		m.failed(report.InputError{File: folder, Message: strings.Join(strings.Fields(err.Error()), " ")})
	}
}
