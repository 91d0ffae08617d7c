package providers

import (
	"os"
	"strings"

	"github.com/pullgate/pullgate/e2e/cloud"
	"github.com/pullgate/pullgate/e2e/registry"
)

func (st *stage) makeRegistry() error {
	if err := os.MkdirAll(st.dir, 0o750); err != nil {
		return err
	}
	for name, behaviour := range st.try.Registry {
		image, err := st.registry.Set(st.host+"/"+name, behaviour)
		if err != nil {
			return err
		}
		st.digest = image.Digest
	}
	folder := strings.ReplaceAll(st.host, ":443", "_443_")
	if st.try.Roles == nil {
		return registry.MapHost(st.certsD(), folder, st.registry.URL(), "")
	}
	content, err := cloud.Behind(st.registry.URL())
	if err != nil {
		return err
	}
	if st.cloud, err = cloud.Start(cloud.Options{Content: content}); err != nil {
		return err
	}
	st.hide()
	st.setRoles()
	return st.cloud.CertsD(st.certsD(), folder)
}

// hide has the repositories of a pull-through cache be as if nobody had pulled yet.
func (st *stage) hide() {
	for _, name := range st.try.Hidden {
		st.cloud.Hide(st.host + "/" + name)
	}
}

func (st *stage) setRoles() {
	for s, role := range map[side]cloud.Role{kubelet: st.try.Roles.Node, pullgate: st.try.Roles.Ours} {
		role.Name = string(s)
		prefixes := role.Pull
		role.Pull = nil
		for _, prefix := range prefixes {
			role.Pull = append(role.Pull, st.host+"/"+prefix)
		}
		st.cloud.SetRole(role)
		st.passwords[s] = st.cloud.Issue(role.Name)
	}
}

// environment is what a side's process has in its environment: its identity at the
// cloud among it, for AWS's own plugin.
func (st *stage) environment(s side) ([]string, error) {
	env := outer()
	for _, p := range st.try.Providers {
		if p.Mode == "" {
			continue
		}
		mode := p.Mode
		if s == pullgate && p.OurMode != "" {
			mode = p.OurMode
		}
		more, err := st.cloud.Environment(mode, string(s), st.folder(s))
		if err != nil {
			return nil, err
		}
		env = append(env, more...)
	}
	return env, nil
}

// outer is in the environment of both, the kubelet and pullgate, and so in that of
// plugins, if their configuration does not say otherwise.
func outer() []string { return []string{"CONFORMANCE_OUTER=outer", "CONFORMANCE_WINS=outer"} }
