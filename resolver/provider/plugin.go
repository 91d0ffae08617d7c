package provider

import (
	"strings"
	"sync"
	"time"

	credentialv1 "k8s.io/kubelet/pkg/apis/credentialprovider/v1"

	"github.com/pullgate/pullgate/resolver/bounded"
	"github.com/pullgate/pullgate/resolver/keyring"
)

const (
	// maxAnswers and maxLines bound what is kept of a provider, each.
	maxAnswers = 4096
	maxLines   = 4096
	lineTTL    = 12 * time.Hour

	// leastKept is for an answer that is not to be kept at all: a Pod's images, and
	// the Pods of a Deployment, ask within seconds. A kubelet runs the plugin for each
	// pull (P34).
	leastKept = time.Minute
	// mostKept is the longest that an answer is kept.
	mostKept = 6 * time.Hour
)

// plugin is one provider, with what is known of its answers.
type plugin struct {
	set      *Set
	config   Provider
	id       string
	patterns keyring.Patterns
	answers  *bounded.Cache[*answer]

	mu    sync.Mutex
	lines *bounded.Cache[*line]
}

func newPlugin(set *Set, config Provider) *plugin {
	return &plugin{
		set: set, config: config, id: config.id(), patterns: config.patterns(),
		answers: bounded.New[*answer](maxAnswers), lines: bounded.New[*line](maxLines),
	}
}

// answer is what a plugin has answered.
type answer struct {
	credentials *keyring.Secret
	kind        credentialv1.PluginCacheKeyType
	repository  string // that was asked about
	at          time.Time
	ttl         time.Duration // 0: for those who wait for it only
	empty       bool          // it holds no credential
}

func (a *answer) age() time.Duration { return time.Since(a.at) }

// dueAt is the age at which an answer in use is asked for anew, ahead of its end.
func (a *answer) dueAt() time.Duration { return a.ttl - a.ttl/5 }

// covers reports whether an answer is for another repository too (P32, P33).
func (a *answer) covers(repository string) bool {
	switch a.kind {
	case credentialv1.GlobalPluginCacheKeyType:
		return true
	case credentialv1.RegistryPluginCacheKeyType:
		return registryOf(a.repository) == registryOf(repository)
	default:
		return a.repository == repository
	}
}

// registryOf is host[:port], as a kubelet cuts it off.
func registryOf(repository string) string {
	host, _, _ := strings.Cut(repository, "/")
	return host
}

// cacheKeys are under what an answer may be kept, in the order in which a kubelet looks.
func cacheKeys(repository string, s subject) [3]string {
	return [3]string{
		cacheKey(credentialv1.ImagePluginCacheKeyType, repository, s),
		cacheKey(credentialv1.RegistryPluginCacheKeyType, repository, s),
		cacheKey(credentialv1.GlobalPluginCacheKeyType, repository, s),
	}
}

func cacheKey(kind credentialv1.PluginCacheKeyType, repository string, s subject) string {
	switch kind {
	case credentialv1.GlobalPluginCacheKeyType:
		repository = ""
	case credentialv1.RegistryPluginCacheKeyType:
		repository = registryOf(repository)
	}
	return string(kind) + "\x00" + repository + "\x00" + s.key
}

// cached finds an answer that may be used.
func (p *plugin) cached(repository string, s subject) (*answer, bool) {
	for _, key := range cacheKeys(repository, s) {
		if a, ok := p.answers.Get(key); ok && a.age() < a.ttl {
			return a, true
		}
	}
	return nil, false
}

// keep keeps an answer for as long as it says, within bounds (P34).
func (p *plugin) keep(a *answer, r response, s subject) {
	a.ttl = p.config.defaultDuration()
	if r.CacheDuration != nil {
		a.ttl = r.CacheDuration.Duration
	}
	switch {
	case a.ttl <= 0 && s.token != "":
		a.ttl = 0
		return
	case a.ttl <= 0:
		a.ttl = leastKept
	case a.ttl > mostKept:
		a.ttl = mostKept
	}
	p.answers.Set(cacheKey(a.kind, a.repository, s), a, a.ttl)
}

// line is the line for one registry's images on behalf of one subject.
func (p *plugin) line(repository string, s subject) *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := registryOf(repository) + "\x00" + s.key
	l, ok := p.lines.Get(key)
	if !ok {
		l = &line{}
	}
	p.lines.Set(key, l, lineTTL)
	return l
}

func (p *plugin) state() State {
	s := State{Provider: p.config.Name}
	for l := range p.lines.All() {
		l.mu.Lock()
		s.BacksOff = s.BacksOff || time.Until(l.until) > 0
		l.mu.Unlock()
	}
	for a := range p.answers.All() {
		if a.age() < a.ttl && (s.Oldest.IsZero() || a.at.Before(s.Oldest)) {
			s.Oldest = a.at
		}
	}
	return s
}
