package main

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"

	containerdlog "github.com/containerd/log"
	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/pullgate/pullgate/resolver/words"
)

// setUpLogging sends the log of everything in this process through one handler:
// ours and controller-runtime's (logr), client-go's (klog), containerd's
// (logrus) and the standard library's.
func setUpLogging(w io.Writer, level, format string) error {
	var options slog.HandlerOptions
	var parsed slog.Level
	// Below debug, which slog writes as debug-4, client-go logs the bodies of Secrets
	// and tokens.
	if err := parsed.UnmarshalText([]byte(level)); err != nil || parsed < slog.LevelDebug {
		return fmt.Errorf(`--log-level %q is not one of "debug", "info", "warn", "error"`, level)
	}
	options.Level = parsed

	var handler slog.Handler
	switch format {
	case "json":
		handler = slog.NewJSONHandler(w, &options)
	case "text":
		handler = slog.NewTextHandler(w, &options)
	default:
		return fmt.Errorf(`--log-format %q is not one of "json", "text"`, format)
	}
	slog.SetDefault(slog.New(handler))
	log.SetOutput(stdlibLog{slog.Default()})
	logger := logr.FromSlogHandler(handler)
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
	containerdlog.UseSlog()
	return nil
}

// stdlibLog takes what the standard library logs. net/http quotes what a server
// sends unasked, kilobytes of it and whatever it was sent before: that is left
// out.
type stdlibLog struct{ logger *slog.Logger }

// Write logs one message.
func (l stdlibLog) Write(p []byte) (int, error) {
	message, _, _ := strings.Cut(strings.TrimSpace(string(p)), " starting with ")
	l.logger.Info(words.Cut(message, 500))
	return len(p), nil
}
