package main

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// version is what the build information tells of this binary.
type version struct{ Version, Commit, Go string }

func buildVersion() version {
	v := version{Version: "(devel)", Commit: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = cmp.Or(info.Main.Version, v.Version)
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	v.Commit = cmp.Or(settings["vcs.revision"], v.Commit)
	if settings["vcs.modified"] == "true" {
		v.Commit += " (modified)"
	}
	return v
}
