//go:build !linux

package main

import (
	"context"
	"errors"
)

func serveNames(context.Context, string, map[string]string) (func(), error) {
	return nil, errors.New("it needs Linux, and root there")
}
