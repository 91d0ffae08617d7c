package providers

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cloud"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

// side is one of the two.
type side string

const (
	kubelet  side = "kubelet"
	pullgate side = "pullgate"
)

// stage is a try with everything in its place.
type stage struct {
	*Bench
	try  Try
	dir  string
	host string
	// digest is that of an image of the registry.
	digest string
	cloud  *cloud.Cloud
	// passwords are those of the identities at the cloud.
	passwords map[side]string
}

// newStage puts a try on the stage. Whoever called it closes it.
func (b *Bench) newStage(id string, n int, t Try) (*stage, error) {
	st := &stage{Bench: b, try: t, dir: filepath.Join(b.dir, fmt.Sprintf("%s-%d", strings.ToLower(id), n+1)), passwords: map[side]string{}}
	number := 0
	if _, err := fmt.Sscanf(id, "P%d", &number); err != nil {
		return nil, fmt.Errorf("the case %s has no number: %w", id, err)
	}
	host := t.Host
	if host == "" {
		host = Example
	}
	st.host = strings.NewReplacer("{id}", strings.ToLower(fmt.Sprintf("%sx%d", id, n+1)), "{number}", fmt.Sprintf("%012d", 111100000000+number*100+n+1)).Replace(string(host))
	for _, step := range []func() error{st.makeRegistry, st.makePrograms, st.makeConfiguration} {
		if err := step(); err != nil {
			st.close()
			return nil, fmt.Errorf("set the stage for %s: %w", id, err)
		}
	}
	return st, nil
}

func (st *stage) close() {
	if st.cloud != nil {
		st.cloud.Close()
	}
}

// filled has the try's host in a text, and the password of a side's identity.
func (st *stage) filled(text string, s side) string {
	return strings.NewReplacer("{host}", st.host, "{password}", st.passwords[s]).Replace(text)
}

// bin is a side's folder of plugins. Both have the same.
func (st *stage) bin(s side) string { return filepath.Join(st.folder(s), "bin") }

func (st *stage) makePrograms() error {
	for _, s := range []side{kubelet, pullgate} {
		if err := st.fill(st.bin(s)); err != nil {
			return err
		}
	}
	return nil
}

// fill fills a folder of plugins.
func (st *stage) fill(bin string) error {
	if err := os.MkdirAll(bin, 0o750); err != nil {
		return err
	}
	for _, p := range st.try.Providers {
		program := st.programs[build.FakeProvider]
		if p.Mode != "" {
			program = st.programs[build.ECRProvider]
		}
		if err := fakeprovider.Install(bin, program, p.Name); err != nil {
			return err
		}
	}
	for name, program := range st.try.Programs {
		path := filepath.Join(bin, name)
		var err error
		switch program {
		case Folder:
			err = os.Mkdir(path, 0o750)
		case NotExecutable:
			err = os.WriteFile(path, []byte("no program"), 0o600)
		default:
			err = fakeprovider.Install(bin, st.programs[build.FakeProvider], name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// folder is a side's own, where its process works.
func (st *stage) folder(s side) string { return filepath.Join(st.dir, string(s)) }

// log is where a plugin's runs write themselves down, and script what says what it does:
// in the folder where the process works, so that one configuration is for both sides.
func log(provider string) string    { return provider + ".log" }
func script(provider string) string { return provider + ".json" }

func (st *stage) path(s side, name string) string { return filepath.Join(st.folder(s), name) }

// config is where the configuration is.
func (st *stage) config() string {
	for name := range st.try.Files {
		if len(st.try.Files) == 1 && strings.HasPrefix(name, "config.") {
			return filepath.Join(st.dir, "files", name)
		}
	}
	return filepath.Join(st.dir, "files")
}

// scriptText is a script as its file has it.
func (st *stage) scriptText(s side, provider string, does fakeprovider.Script) string {
	does.Log = log(provider)
	return st.filled(does.String(), s)
}

// makeConfiguration writes the one for both sides, and what the plugins do for each.
func (st *stage) makeConfiguration() error {
	if st.try.Files != nil {
		return st.writeFiles()
	}
	var list []fakeprovider.Provider
	for _, p := range st.try.Providers {
		entry := p.Provider
		entry.MatchImages = nil
		for _, pattern := range p.MatchImages {
			entry.MatchImages = append(entry.MatchImages, st.fillHost(pattern))
		}
		if p.Mode == "" {
			entry.Env = append([]string{fakeprovider.Variable + "=" + script(p.Name)}, entry.Env...)
		}
		list = append(list, entry)
		if err := st.writeScripts(p); err != nil {
			return err
		}
	}
	content := fakeprovider.Config(list...)
	if v := st.try.APIVersion; v != "" {
		content = strings.ReplaceAll(content, "credentialprovider.kubelet.k8s.io/v1", v)
	}
	return st.writeFile("config.yaml", content)
}

func (st *stage) writeScripts(p Provider) error {
	ours := p.Script
	if p.Ours != nil {
		ours = *p.Ours
	}
	for s, does := range map[side]fakeprovider.Script{kubelet: p.Script, pullgate: ours} {
		if err := os.WriteFile(st.path(s, script(p.Name)), []byte(st.scriptText(s, p.Name, does)), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// writeFiles writes the files of a try in the order of their names.
func (st *stage) writeFiles() error {
	for _, name := range slices.Sorted(maps.Keys(st.try.Files)) {
		if err := st.writeFile(name, st.try.Files[name]); err != nil {
			return err
		}
	}
	return nil
}

func (st *stage) writeFile(name, content string) error {
	path := filepath.Join(st.dir, "files", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	switch target, link := strings.CutPrefix(content, "->"); {
	case strings.HasSuffix(name, "/"):
		return os.MkdirAll(path, 0o750)
	case link:
		return os.Symlink(target, path)
	default:
		return os.WriteFile(path, []byte(content), 0o600)
	}
}
