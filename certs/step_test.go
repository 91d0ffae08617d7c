package certs

import (
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestStep(t *testing.T) {
	const day = 24 * time.Hour
	present := mustAuthority(t, epoch, testName)
	staged := mustAuthority(t, epoch, testName)
	old := mustAuthority(t, epoch.Add(-caLife+day), testName)     // a day left
	expired := mustAuthority(t, epoch.Add(-caLife-day), testName) // ended a day ago
	future := mustAuthority(t, epoch.Add(10*day), testName)       // made by a fast clock
	other := mustAuthority(t, epoch, "other.pullgate-system.svc") // the Service was renamed
	mixed := &authority{cert: present.cert, key: mustKey(t, present.key.Curve)}

	tests := []struct {
		name    string
		s       state
		serving *authority
		// What follows; a nil active stands for a new CA, which is then at
		// the end of the bundle.
		active, next *authority
		bundle       []*authority
		changes      []string // prefixes
	}{
		{
			"an empty Secret gets a CA",
			state{}, nil,
			nil, nil, nil,
			[]string{"created a CA", "brought the bundle from 0 to 1"},
		},
		{
			"what is in order stays",
			state{active: present, bundle: certsOf(present)}, present,
			present, nil, []*authority{present}, nil,
		},
		{
			"a rotation under way stays",
			state{active: present, next: staged, bundle: certsOf(old, present, staged)}, present,
			present, staged, []*authority{old, present, staged}, nil,
		},
		{
			"a lost bundle is made again",
			state{active: present, next: staged}, nil,
			present, staged, []*authority{present, staged},
			[]string{"brought the bundle from 0 to 2"},
		},
		{
			"a lost CA leaves the one that is served trusted",
			state{}, present,
			nil, nil, []*authority{present},
			[]string{"created a CA", "brought the bundle from 0 to 2"},
		},
		{
			"a CA with a foreign key is replaced, and stays trusted",
			state{active: mixed, bundle: certsOf(present)}, nil,
			nil, nil, []*authority{present},
			[]string{"dropped the active CA", "created a CA", "brought the bundle from 1 to 2"},
		},
		{
			"a CA near its end is replaced, and stays trusted",
			state{active: old, bundle: certsOf(old)}, nil,
			nil, nil, []*authority{old},
			[]string{"dropped the active CA: it ends on", "created a CA", "brought the bundle"},
		},
		{
			"an unusable CA gives way to the staged one",
			state{active: old, next: staged, bundle: certsOf(old, staged)}, nil,
			staged, nil, []*authority{old, staged},
			[]string{"dropped the active CA", "made the staged CA the active one"},
		},
		{
			"an unusable staged CA goes",
			state{active: present, next: other, bundle: certsOf(present)}, nil,
			present, nil, []*authority{present},
			[]string{"dropped the staged CA"},
		},
		{
			"an expired CA leaves the bundle, served or not",
			state{active: present, bundle: certsOf(expired, present)}, expired,
			present, nil, []*authority{present},
			[]string{"brought the bundle from 2 to 1"},
		},
		{
			"a repeated one leaves the bundle",
			state{active: present, bundle: certsOf(present, old, present)}, nil,
			present, nil, []*authority{present, old},
			[]string{"brought the bundle from 3 to 2"},
		},
		{
			"a CA from the future is replaced",
			state{active: future, bundle: certsOf(future)}, nil,
			nil, nil, []*authority{future},
			[]string{"dropped the active CA: it is not valid before", "created a CA", "brought the bundle"},
		},
		{
			"a CA for another name is replaced",
			state{active: other, bundle: certsOf(other)}, nil,
			nil, nil, []*authority{other},
			[]string{"dropped the active CA: it is not constrained", "created a CA", "brought the bundle"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var serving *x509.Certificate
			if test.serving != nil {
				serving = test.serving.cert
			}
			got, changes, err := step(epoch, test.s, testName, serving)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(changes, test.changes, strings.HasPrefix) {
				t.Errorf("changes = %q, want %q", changes, test.changes)
			}
			wantBundle := test.bundle
			if test.active == nil {
				wantBundle = append(slices.Clone(wantBundle), got.active)
			} else if got.active != test.active {
				t.Error("not the active CA that was expected")
			}
			if err := got.active.usable(epoch, testName); err != nil {
				t.Errorf("active CA: %v", err)
			}
			if got.next != test.next {
				t.Error("not the staged CA that was expected")
			}
			if !slices.EqualFunc(got.bundle, certsOf(wantBundle...), (*x509.Certificate).Equal) {
				t.Errorf("bundle of %d certificates, want %d others", len(got.bundle), len(wantBundle))
			}

			again, changes, err := step(epoch, got, testName, serving)
			if err != nil || len(changes) > 0 || again.active != got.active {
				t.Errorf("a second step changes %q (%v)", changes, err)
			}
		})
	}
}

// A Secret that something keeps breaking must not grow the caBundle for ever.
func TestBundleIsBounded(t *testing.T) {
	var s state
	serving := mustAuthority(t, epoch, testName)
	for range 2 * maxBundle {
		s.active = nil
		var err error
		if s, _, err = step(epoch, s, testName, serving.cert); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.bundle) != maxBundle {
		t.Errorf("bundle of %d certificates, want %d", len(s.bundle), maxBundle)
	}
	if !contains(s.bundle, serving.cert) || !contains(s.bundle, s.active.cert) {
		t.Error("a CA in use was pushed out of the bundle")
	}
}
