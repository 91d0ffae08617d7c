package main

import (
	"bytes"
	"log"
	"log/slog"
	"strings"
	"testing"
)

// What a server sends unasked is logged by net/http, and may be anything.
func TestStdlibLog(t *testing.T) {
	var out bytes.Buffer
	logger := log.New(stdlibLog{slog.New(slog.NewJSONHandler(&out, nil))}, "", 0)
	logger.Printf("Unsolicited response received on idle HTTP channel starting with %q; err=%v", "Authorization: Basic cGxhbnRlZA==", nil)
	logger.Print(strings.Repeat("x", 1<<20))
	if text := out.String(); !strings.Contains(text, "Unsolicited response") || strings.Contains(text, "cGxhbnRlZA") || len(text) > 2000 {
		t.Errorf("%d bytes: %.500s", len(text), text)
	}
}

// Whoever could ask for less than debug would get the bodies of Secrets and tokens,
// which client-go logs then.
func TestLogLevels(t *testing.T) {
	for _, level := range []string{"debug-1", "debug-4", "INFO-8", "everything", ""} {
		if err := setUpLogging(&bytes.Buffer{}, level, "json"); err == nil {
			t.Errorf("%q is taken", level)
		}
	}
}
