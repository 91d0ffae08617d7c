package registry

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// ProgramImage is an image, for this machine's platform, of one program that
// needs nothing but the kernel.
func ProgramImage(program string) (v1.Image, error) {
	image, err := programImage(program)
	if err != nil {
		return nil, fmt.Errorf("make an image of %s: %w", filepath.Base(program), err)
	}
	return image, nil
}

func programImage(program string) (v1.Image, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(program)
	layer, err := fileLayer(name, 0o755, content)
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = runtime.GOOS, runtime.GOARCH
	config.Config.Entrypoint = []string{"/" + name}
	return mutate.ConfigFile(image, config)
}

// WithFile is an image with one more file in it, which all may read.
func WithFile(image v1.Image, name string, content []byte) (v1.Image, error) {
	layer, err := fileLayer(name, 0o644, content)
	if err == nil {
		image, err = mutate.AppendLayers(image, layer)
	}
	if err != nil {
		return nil, fmt.Errorf("put %s into an image: %w", name, err)
	}
	return image, nil
}

// fileLayer is a layer of one file.
func fileLayer(name string, mode int64, content []byte) (v1.Layer, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(content))}); err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive.Bytes())), nil
	})
}
