package faults

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/prometheus/procfs"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

// The credential providers of the replicas, which are the names of their plugins, too.
const (
	// keptProvider answers for an hour, and is no fault's.
	keptProvider = "kept"
	// briefProvider answers for briefly, so that it is run all the time.
	briefProvider = "brief"
	// coldProvider is for registries that nobody has asked for.
	coldProvider = "cold"

	briefly = "2s"
)

// plugins are the credential providers: programs that read from a file what to do.
type plugins struct {
	dir string
	// binaries are two copies of one program, so that one can take the other's place.
	binaries [2]string
}

// pluginMarker is in the environment of plugins, and of what they leave behind.
const pluginMarker = "PULLGATE_FAULTS="

// versionVariable tells a plugin's versions of its configuration apart.
const versionVariable = "PULLGATE_FAULTS_VERSION="

func newPlugins(dir, binary string) (*plugins, error) {
	p := &plugins{dir: dir, binaries: [2]string{filepath.Join(dir, "plugin-0"), filepath.Join(dir, "plugin-1")}}
	content, err := os.ReadFile(binary)
	if err != nil {
		return nil, fmt.Errorf("install the plugins: %w", err)
	}
	for _, path := range p.binaries {
		if err := os.WriteFile(path, content, 0o700); err != nil { //nolint:gosec // a program is to be run
			return nil, fmt.Errorf("install the plugins: %w", err)
		}
	}
	if err := os.Mkdir(p.binDir(), 0o750); err != nil {
		return nil, fmt.Errorf("install the plugins: %w", err)
	}
	for _, name := range []string{keptProvider, briefProvider, coldProvider} {
		if err := errors.Join(p.put(name, 0), p.tell(name, well(name))); err != nil {
			return nil, fmt.Errorf("install the plugins: %w", err)
		}
	}
	return p, p.configure("0")
}

func (p *plugins) binDir() string { return filepath.Join(p.dir, "plugins") }

func (p *plugins) path(name string) string { return filepath.Join(p.binDir(), name) }

func (p *plugins) configFile() string { return filepath.Join(p.dir, "providers.yaml") }

// args are the flags of a replica.
func (p *plugins) args() []string {
	return []string{"--image-credential-provider-config", p.configFile(), "--image-credential-provider-bin-dir", p.binDir()}
}

// replicaConfig is what the replicas' configuration says of credential providers. As
// the nodes' own identity, whose word is definite: a mistake is then a denial. A run
// is ended after less than the default, so that a fault is over sooner.
const replicaConfig = "credentialProviders: {identity: node, timeout: 4s}\n"

// put puts one of the two binaries where a plugin is, over whatever is there.
func (p *plugins) put(name string, binary int) error {
	// A link, since who writes to a program keeps others from running it.
	next := filepath.Join(p.dir, name+".next")
	_ = os.Remove(next) // of one that was there already
	if err := os.Link(p.binaries[binary], next); err != nil {
		return err
	}
	return os.Rename(next, p.path(name))
}

// tell tells a plugin what to do from now on.
func (p *plugins) tell(name string, s fakeprovider.Script) error {
	return replaceFile(p.scriptFile(name), s.String())
}

func (p *plugins) scriptFile(name string) string { return filepath.Join(p.dir, name+".json") }

// configure writes the configuration of the providers, in a version of it.
func (p *plugins) configure(version string) error {
	var providers []fakeprovider.Provider
	for _, name := range []string{keptProvider, briefProvider, coldProvider} {
		providers = append(providers, fakeprovider.Provider{
			Name: name, MatchImages: patterns(name),
			Env: []string{fakeprovider.Variable + "=" + p.scriptFile(name), pluginMarker + p.dir, versionVariable + version},
		})
	}
	return replaceFile(p.configFile(), fakeprovider.Config(providers...))
}

func patterns(provider string) []string {
	switch provider {
	case keptProvider:
		return []string{keptHost}
	case coldProvider:
		return []string{"cold-*.example.com"}
	default:
		return []string{"brief-*.example.com", mistakenHost}
	}
}

// well is what a plugin does while nothing is wrong with it.
func well(provider string) fakeprovider.Script {
	duration, auth := "1h", map[string]fakeprovider.Login{}
	for _, pattern := range patterns(provider) {
		auth[pattern] = fakeprovider.Login{Username: user, Password: password}
	}
	if provider == briefProvider {
		duration, auth[mistakenHost] = briefly, fakeprovider.Login{Username: user, Password: "mistaken"}
	}
	return fakeprovider.Script{Stdout: fakeprovider.Answer("Registry", duration, auth)}
}

// processes are how many there are that plugins are, or have left behind, and how many
// have ended that one of the parents has not waited for.
func (p *plugins) processes(parents ...int) (n int, err error) {
	alive, err := p.all()
	if err != nil {
		return 0, err
	}
	all, err := procfs.AllProcs()
	if err != nil {
		return 0, fmt.Errorf("look for processes: %w", err)
	}
	for _, one := range all {
		// One that is gone since is none.
		if stat, err := one.Stat(); err == nil && stat.State == "Z" && slices.Contains(parents, stat.PPID) {
			n++
		}
	}
	return n + len(alive), nil
}

// all are the processes of plugins, without those that have ended: they have no
// environment any more.
func (p *plugins) all() (pids []int, err error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil, fmt.Errorf("look for processes: %w", err)
	}
	for _, one := range all {
		if environment, err := one.Environ(); err == nil && slices.Contains(environment, pluginMarker+p.dir) {
			pids = append(pids, one.PID)
		}
	}
	return pids, nil
}

// end ends what plugins have left behind.
func (p *plugins) end() {
	pids, err := p.all()
	if err != nil {
		return
	}
	for _, pid := range pids {
		if process, err := os.FindProcess(pid); err == nil {
			_ = process.Kill()
		}
	}
}

// replaceFile writes a file, of which nobody reads a part.
func replaceFile(path, content string) error {
	next := path + ".next"
	if err := os.WriteFile(next, []byte(content), 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
