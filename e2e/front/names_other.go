//go:build !linux

package front

import (
	"context"
	"errors"
)

// ServeNames is for Linux.
func ServeNames(context.Context, string, string, map[string]string) (func(), error) {
	return nil, errors.New("it needs Linux, and root there")
}
