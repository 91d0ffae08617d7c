package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const described = `Name:             web
Containers:
  app:
    Image:          registry.example.com/acme/app:v2
    State:          Waiting
      Reason:       ImagePullBackOff
    Ready:          False
Events:
  Type     Reason     Age                From               Message
  ----     ------     ----               ----               -------
  Normal   Scheduled  20s                default-scheduler  Successfully assigned shop/web to node-1
  Normal   BackOff    4s (x2 over 19s)   kubelet            spec.containers{app}: Back-off pulling image "x"
  Warning  Failed     4s (x2 over 19s)   kubelet            spec.containers{app}: Error: ImagePullBackOff
  Normal   Pulling    3s (x2 over 20s)   kubelet            spec.containers{app}: Pulling image "x"
  Warning  Failed     <unknown>          kubelet            spec.containers{app}: Error: ErrImagePull
  Warning  Failed     3s (x2 over 20s)   kubelet            spec.containers{app}: Failed to pull image "x": not found
  Warning  Failed     20s                kubelet            spec.containers{app}: Failed to pull image "x": not found
`

func TestEvents(t *testing.T) {
	got := table(events(described, podEvents()...))
	want := `Events:
  Type     Reason   From     Message
  ----     ------   ----     -------
  Normal   Pulling  kubelet  spec.containers{app}: Pulling image "x"
  Warning  Failed   kubelet  spec.containers{app}: Failed to pull image "x": not found
  Warning  Failed   kubelet  spec.containers{app}: Error: ErrImagePull
  Normal   BackOff  kubelet  spec.containers{app}: Back-off pulling image "x"
  Warning  Failed   kubelet  spec.containers{app}: Error: ImagePullBackOff
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestState(t *testing.T) {
	want := "    State:          Waiting\n      Reason:       ImagePullBackOff\n"
	if diff := cmp.Diff(want, state(described)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFailed(t *testing.T) {
	c := cause{node: backOff}
	if err := c.failed(described); err != nil {
		t.Error(err)
	}
	for _, part := range []string{"Failed to pull", "Back-off pulling", "Error: ImagePullBackOff", "Reason:       ImagePullBackOff"} {
		var without strings.Builder
		for line := range strings.Lines(described) {
			if !strings.Contains(line, part) {
				without.WriteString(line)
			}
		}
		if c.failed(without.String()) == nil {
			t.Errorf("no error without %q", part)
		}
	}
	if (cause{node: backOff, missing: "regcred"}).failed(described) == nil {
		t.Error("no error without the event on the Secret")
	}
}

func TestSteady(t *testing.T) {
	got := steady("Created pod: web-5f8c7d9b4-q2w4e of web-5f8c7d9b4, not web-app or shop/web")
	if want := "Created pod: web-6d4cf56db6-x7k2p of web-6d4cf56db6, not web-app or shop/web"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
