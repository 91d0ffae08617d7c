//go:build !linux

package node

import (
	"errors"

	"github.com/pullgate/pullgate/e2e/containerd"
)

type private struct{}

func newPrivate(*containerd.Folder) (*private, error) { return nil, errors.New("it needs Linux") }

func (*private) remove() {}
