package providers

// Which images a provider is asked about: P09 to P12.
func matchCases() []Case {
	return []Case{
		{ID: "P09", Setup: "image matched by no provider", Kubelet: "plugin not run", Pullgate: "not run", Tries: []Try{{
			Providers: []Provider{provide("p1", says("Image", "", "x.io u p"), "r.io")},
			Steps:     []Step{look("x.io/a", "", ""), look("r.io.x/a", "", ""), look("x.r.io/a", "", "")},
		}}},
		{ID: "P10", Setup: "`*.io` and `x.k8s.io/a`; `r.io:5000` and `r.io/a`; `ecr…` and `ecr…:443`", Kubelet: "no match", Pullgate: "no match", Tries: []Try{
			{Name: "labels", Providers: []Provider{provide("p1", says("Image", "", "*.io u p"), "*.io")}, Warnings: []string{`"*.io" covers registries of anyone`}, Steps: []Step{look("x.k8s.io/a", "", ""), look("k8s.io/a", "u:p", "p1")}},
			{Name: "port", Providers: []Provider{provide("p1", says("Image", "", "r.io u p", "r.io:5000 v q"), "r.io:5000")}, Steps: []Step{look("r.io/a", "", ""), look("r.io:5000/a", "v:q", "p1")}},
			{Name: "port 443", Providers: []Provider{provide("p1", says("Image", "", "{host} u p"), "*.dkr.ecr.*.amazonaws.com")}, Host: ECR, Steps: []Step{look("{host}:443/a", "", ""), look("{host}/a", "u:p", "p1")}},
		}},
		{ID: "P11", Setup: "`p.io/team` and p.io/teams/x", Kubelet: "matches, for a path is a string prefix", Pullgate: "matches", Tries: []Try{{
			Providers: []Provider{provide("p1", says("Image", "", "p.io u p"), "p.io/team")},
			Steps:     []Step{look("p.io/teams/x", "u:p", "p1"), look("p.io/team", "u:p", "p1"), look("p.io/tea/x", "", "")},
		}}},
		{ID: "P12", Setup: "`index.docker.io` in matchImages, image nginx", Kubelet: "never matches; `docker.io` does", Pullgate: "the same, and it warns", Tries: []Try{
			{Name: "index.docker.io", Providers: []Provider{provide("p1", says("Image", "", "docker.io u p"), "index.docker.io")}, Warnings: []string{`"index.docker.io" never matches`},
				Steps: []Step{look("docker.io/library/nginx", "", "")}},
			{Name: "docker.io", Providers: []Provider{provide("p1", says("Image", "", "docker.io u p"), "docker.io")}, Steps: []Step{look("docker.io/library/nginx", "u:p", "p1")}},
			{Name: "key index.docker.io", Providers: []Provider{provide("p1", says("Image", "", "https://index.docker.io/v1/ u p"), "docker.io")}, Steps: []Step{look("docker.io/library/nginx", "u:p", "p1")}},
			{Name: "both keys", Providers: []Provider{provide("p1", says("Image", "", "https://index.docker.io/v1/ u p", "docker.io v q"), "docker.io")}, Steps: []Step{look("docker.io/library/nginx", "v:q", "p1")}},
		}},
	}
}
