package conformance

import (
	"testing"

	"github.com/pullgate/pullgate/e2e/scripted"
)

func TestMatched(t *testing.T) {
	for label, tc := range map[string]struct {
		pool    Pool
		content scripted.Content
		want    NodeOutcome
	}{
		"no index":           {Windows2019, scripted.Content{}, Pulled},
		"empty":              {Windows2019, index().Content, ErrPull},
		"2022 on 2019":       {Windows2019, index("windows/amd64:10.0.20348.1").Content, ErrPull},
		"2022 on 2025":       {Windows2025, index("windows/amd64:10.0.20348.1").Content, Pulled},
		"no version":         {Windows2025, index("windows/amd64").Content, Pulled},
		"v7 on any ARM":      {ARM, index("linux/arm/v7").Content, SomePull},
		"v6 and v7":          {ARM, index("linux/arm/v6", "linux/arm/v7").Content, SomePull},
		"arm64 on 32 bits":   {ARM, index("linux/arm64").Content, ErrPull},
		"all variants":       {ARM, index("linux/arm/v6", "linux/arm/v7", "linux/arm/v8").Content, Pulled},
		"a list of Docker's": {ARM, scripted.Content{Kind: scripted.DockerList, Children: index("linux/arm64").Content.Children}, ErrPull},
	} {
		got, err := matched(tc.content, elsewhere()[tc.pool])
		if err != nil || got != tc.want {
			t.Errorf("%s: %s, %v, want %s", label, got, err, tc.want)
		}
	}
	if _, err := matched(index("a/b/c/d").Content, elsewhere()[ARM]); err == nil {
		t.Error("a platform that is none")
	}
}

// What a front hides from pullgate alone is not drawn, for it cannot be known.
func TestSeen(t *testing.T) {
	hidden := scripted.Behaviour{Head: scripted.Statuses{404}, Front: []scripted.Front{{Page: scripted.Page{Status: 405}, Sees: scripted.SeesPullgate}}}
	if got := seen(hidden); got.Head != nil {
		t.Errorf("HEAD is hidden, and is %v", got.Head)
	}
	hidden.Front[0].Sees = ""
	if got := seen(hidden); got.Head == nil {
		t.Error("everybody sees the front, and HEAD is gone")
	}
}

func TestFound(t *testing.T) {
	lost := scripted.Statuses{404}
	all := found([]scripted.Child{{Get: lost, Head: lost, Size: "+5"}, {Children: []scripted.Child{{LayerBlob: lost}}}, {Children: []scripted.Child{}}})
	if all[0].Get != nil || all[0].Head != nil || all[0].Size != "+5" || all[1].Children[0].LayerBlob != nil || all[2].Children == nil {
		t.Errorf("%+v", all)
	}
}
