package proof

import "testing"

// TestProves is the table of what an answer proves, with a provider's credential or
// without.
func TestProves(t *testing.T) {
	const (
		ecr    = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/app"
		public = "public.ecr.aws/team/app"
		gar    = "europe-docker.pkg.dev/p/r/app"
		acr    = "acme.azurecr.io/team/app"
		other  = "registry.example.com/team/app"
	)
	refused := Refusal{Authenticated: true}
	listed := Refusal{Absent: true, Listed: true, Authenticated: true}
	bare := Refusal{Absent: true, Authenticated: true}
	served := Refusal{Served: true, Authenticated: true}
	clouds := CloudRegistries()
	for name, tc := range map[string]struct {
		rules   Rules
		asked   Asked
		refusal Refusal
		want    Standing
	}{
		"nobody has credentials, refused":                 {Rules{}, Asked{Repository: other}, refused, Definite},
		"nobody has credentials, absent":                  {Rules{}, Asked{Repository: other}, bare, Definite},
		"own, refused (P39)":                              {Rules{Identity: Own}, Asked{Repository: ecr, Covered: true, AsNode: true}, refused, Credentials},
		"node, refused":                                   {Rules{Identity: Node}, Asked{Repository: ecr, Covered: true, AsNode: true}, refused, Definite},
		"node, a provider failed":                         {Rules{Identity: Node}, Asked{Repository: ecr, Covered: true}, refused, Credentials},
		"node, but in nodeCredentials alone":              {Rules{Identity: Node, NodeCredentials: clouds}, Asked{Repository: ecr}, refused, Credentials},
		"node, and in nodeCredentials too":                {Rules{Identity: Node, NodeCredentials: clouds}, Asked{Repository: ecr, Covered: true, AsNode: true}, refused, Definite},
		"own, GAR, absent (P44)":                          {Rules{Identity: Own}, Asked{Repository: gar, Covered: true, AsNode: true}, listed, Definite},
		"own, GAR, absent without a list":                 {Rules{Identity: Own}, Asked{Repository: gar, Covered: true, AsNode: true}, bare, Credentials},
		"node, GAR, absent without a list":                {Rules{Identity: Node}, Asked{Repository: gar, Covered: true, AsNode: true}, bare, Definite},
		"own, ACR, absent":                                {Rules{Identity: Own}, Asked{Repository: acr, Covered: true, AsNode: true}, listed, Definite},
		"own, ECR Public, absent":                         {Rules{Identity: Own}, Asked{Repository: public, Covered: true, AsNode: true}, listed, Definite},
		"own, ECR, absent, nothing said (P41)":            {Rules{Identity: Own}, Asked{Repository: ecr, Covered: true, AsNode: true}, listed, Import},
		"own, ECR, absent, no pull-through (P41)":         {Rules{Identity: Own, PullThrough: []string{}}, Asked{Repository: ecr, Covered: true, AsNode: true}, listed, Definite},
		"own, ECR, absent, another is pull-through (P41)": {Rules{Identity: Own, PullThrough: []string{"*.dkr.ecr.*.amazonaws.com/hub"}}, Asked{Repository: ecr, Covered: true, AsNode: true}, listed, Definite},
		"own, ECR, absent, it is pull-through (P41)":      {Rules{Identity: Own, PullThrough: []string{"*.dkr.ecr.*.amazonaws.com/team"}}, Asked{Repository: ecr, Covered: true, AsNode: true}, listed, Import},
		"own, ECR, absent without a list":                 {Rules{Identity: Own, PullThrough: []string{}}, Asked{Repository: ecr, Covered: true, AsNode: true}, bare, Credentials},
		"node, ECR, absent":                               {Rules{Identity: Node}, Asked{Repository: ecr, Covered: true, AsNode: true}, listed, Definite},
		"own, another registry, absent (P44)":             {Rules{Identity: Own}, Asked{Repository: other, Covered: true, AsNode: true}, listed, Credentials},
		"node, another registry, absent":                  {Rules{Identity: Node}, Asked{Repository: other, Covered: true, AsNode: true}, listed, Definite},
		"covered, not listed as such (P70)":               {Rules{}, Asked{Repository: other, Covered: true}, refused, Credentials},
		"a public image of GAR, absent, nobody's login":   {Rules{NodeCredentials: clouds}, Asked{Repository: gar}, Refusal{Absent: true, Listed: true}, Definite},
		"ECR, absent, nobody's login":                     {Rules{NodeCredentials: clouds, PullThrough: []string{}}, Asked{Repository: ecr}, Refusal{Absent: true, Listed: true}, Credentials},
		"ECR, absent, a Secret's login":                   {Rules{NodeCredentials: clouds, PullThrough: []string{}}, Asked{Repository: ecr}, listed, Definite},
		"own, another registry, served what is no image":  {Rules{Identity: Own}, Asked{Repository: other, Covered: true, AsNode: true}, served, Definite},
		"in nodeCredentials, served what is no image":     {Rules{NodeCredentials: clouds}, Asked{Repository: ecr}, served, Definite},
		"mirrored, served what is no image":               {Rules{Mirrored: []string{"*.pkg.dev"}}, Asked{Repository: gar}, served, Mirror},
		"mirrored, absent":                                {Rules{Mirrored: []string{"*.pkg.dev"}}, Asked{Repository: gar}, listed, Mirror},
		"mirrored, refused to nodes":                      {Rules{Mirrored: []string{"*.pkg.dev"}, Identity: Node}, Asked{Repository: gar, Covered: true, AsNode: true}, refused, Mirror},
	} {
		if got := tc.rules.Proves(tc.asked, tc.refusal); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}
