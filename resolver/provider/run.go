package provider

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/pullgate/pullgate/resolver/keyring"
)

// run runs a plugin, and keeps its answer. Whoever asked may be gone by the end of it.
// A panic in it would end the process, since it has a goroutine of its own.
func (p *plugin) run(repository string, s subject, timeout time.Duration, anew time.Time, newcomer bool) (a *answer, err error) {
	defer func() {
		if caught := recover(); caught != nil {
			p.caught(caught)
			a, err = nil, errInternal
		}
	}()
	waiting, stop := context.WithTimeout(p.set.life.ctx, timeout)
	defer stop()
	release, err := p.set.places.take(waiting, newcomer)
	if err != nil {
		return nil, err
	}
	defer release()
	if a, ok := p.cached(repository, s); ok && a.at.After(anew) {
		return a, nil
	}
	ctx, cancel := context.WithTimeout(p.set.life.ctx, timeout)
	defer cancel()
	start := time.Now()
	out, a, err := p.execute(ctx, repository, s)
	took := time.Since(start)
	p.set.observer.Ran(p.config.Name, took, err)
	if err != nil {
		p.set.log.Info("credential provider failed", "provider", p.config.Name, "registry", registryOf(repository),
			"why", err.Error(), "seconds", took.Seconds(), "stderrBytes", len(out.Stderr), "stderrSpeaksOf", hints(out.Stderr))
		return nil, err
	}
	if a.empty && len(out.Stderr) > 0 {
		// What the plugin of Google does where it fails (P42).
		p.set.log.Info("credential provider answers nothing, and complains", "provider", p.config.Name, "registry", registryOf(repository),
			"stderrBytes", len(out.Stderr), "stderrSpeaksOf", hints(out.Stderr))
	}
	return a, nil
}

var errInternal = errors.New("pullgate failed internally, see its log")

// caught logs a panic.
func (p *plugin) caught(panicked any) {
	p.set.log.Error(fmt.Errorf("%v", panicked), "panic in the run of a credential provider", "provider", p.config.Name, "stack", string(debug.Stack()))
}

// execute runs the process, and reads its answer.
func (p *plugin) execute(ctx context.Context, repository string, s subject) (Output, *answer, error) {
	request, err := encodeRequest(p.config.APIVersion, repository, s)
	if err != nil {
		return Output{}, nil, err
	}
	command := Command{Path: p.config.Binary, Args: p.config.Args, Stdin: request}
	for _, v := range p.config.Env {
		command.Env = append(command.Env, v.Name+"="+v.Value)
	}
	out, err := p.set.runner.Run(ctx, command)
	if err != nil {
		return out, nil, inTime(err)
	}
	r, err := decodeResponse(p.config.APIVersion, out.Stdout)
	if err != nil {
		return out, nil, err
	}
	a := &answer{kind: r.CacheKeyType, repository: repository, at: time.Now(), empty: len(r.Auth) == 0}
	credentials := make(map[string]keyring.Credential, len(r.Auth))
	for key, auth := range r.Auth {
		if err := p.echoes(auth.Password, s); err != nil {
			return out, nil, err
		}
		credentials[key] = keyring.Credential{
			Username: auth.Username, Password: auth.Password,
			Origin: &keyring.Origin{Provider: p.config.Name, ID: digest(p.id, key, s.id), Obtained: a.at},
		}
	}
	a.credentials = keyring.Answer(credentials)
	p.keep(a, r, s)
	return out, a, nil
}

// inTime words a deadline.
func inTime(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("it did not answer in time")
	}
	return err
}
