package providers

import "strings"

// The configuration file: P01 to P08.
func configCases() []Case {
	return []Case{
		{ID: "P01", Setup: "config: unknown field, duplicate key, no kind, no providers, same name twice",
			Kubelet: "does not start", Pullgate: "does not start; names file, provider and field", Tries: []Try{
				configured("unknown field", file(plain("p1", "colour: red")), refused(`unknown field "providers[0].colour"`, `providers[0].colour`)),
				configured("duplicate key", file(plain("p1")+"\nname: p2"), refused(`key "name" already set`, `"name" already set`)),
				configured("no kind", strings.Replace(file(plain("p1")), "kind: CredentialProviderConfig\n", "", 1), refused("Object 'Kind' is missing", "kind is missing: it is CredentialProviderConfig")),
				configured("no apiVersion", strings.Replace(file(plain("p1")), "apiVersion: kubelet.config.k8s.io/v1\n", "", 1), refused("Object 'apiVersion' is missing", "apiVersion is missing: it is kubelet.config.k8s.io/v1")),
				configured("no providers", file(), refused("at least 1 item in plugins is required", "providers: there is none")),
				configured("same name twice", file(plain("p1"), plain("p1")), refused("duplicate provider name", `provider "p1": name: is another provider's too`)),
			}},
		{ID: "P02", Setup: "name `''`, `..`, `a/b`, `a b`; no matchImages; negative or numeric duration; apiVersion v2",
			Kubelet: "does not start", Pullgate: "does not start; names provider and field", Tries: []Try{
				configured("name ''", file(plain("''")), refused("is a directory", "name: is empty")),
				configured("name .", file(plain(".")), refused("provider name cannot be '.'", "name: is not a file name")),
				configured("name ..", file(plain("..")), refused("provider name cannot be '..'", "name: is not a file name")),
				configured("name a/b", file(plain("a/b")), refused("provider name cannot contain '/'", "name: is not a file name")),
				configured("name a b", file(plain("a b")), refused("provider name cannot contain spaces", "name: is not a file name")),
				configured("no matchImages", file(without("p1", "matchImages")), refused("at least 1 item in matchImages", `provider "p1": matchImages: is empty`)),
				configured("no duration", file(without("p1", "defaultCacheDuration")), refused("defaultCacheDuration: Required", `provider "p1": defaultCacheDuration: is missing`)),
				configured("negative duration", file(plain("p1", "defaultCacheDuration: -5m")), refused("must be greater than or equal to 0", `provider "p1": defaultCacheDuration: -5m0s is negative`)),
				configured("numeric duration", file(plain("p1", "defaultCacheDuration: 5")), refused("cannot unmarshal number", "cannot unmarshal number")),
				configured("duration 0", file(plain("p1", `defaultCacheDuration: "0"`)), accepted()),
				configured("apiVersion v2", file(plain("p1", "apiVersion: credentialprovider.kubelet.k8s.io/v2")), refused("Unsupported value", `provider "p1": apiVersion:`)),
				configured("no apiVersion", file(without("p1", "apiVersion")), refused("apiVersion: Required", `provider "p1": apiVersion: is missing`)),
			}},
		{ID: "P03", Setup: "matchImages `r.io:*`, `[a`, `r io` / `https://r.io`, `r.io/*`, `''`, `R.IO`",
			Kubelet: "does not start / starts, and they never match as they are meant", Pullgate: "does not start / warns", Tries: []Try{
				configured("r.io:*", file(plain("p1", "matchImages: ['r.io:*']")), refused("match image is invalid", `matchImages[0]: "r.io:*" is not`)),
				configured("r.io:abc", file(plain("p1", "matchImages: [a.io, 'r.io:abc']")), refused("match image is invalid", `matchImages[1]: "r.io:abc" is not`)),
				configured("[a", file(plain("p1", "matchImages: ['[a']")), refused("match image is invalid", `matchImages[0]: "[a" is not`)),
				configured("r io", file(plain("p1", "matchImages: [r io]")), refused("match image is invalid", `matchImages[0]: "r io" is not`)),
				configured("%zz", file(plain("p1", "matchImages: ['%zz']")), refused("match image is invalid", `matchImages[0]: "%zz" is not`)),
				configured("https://r.io", file(plain("p1", "matchImages: ['https://r.io']")), accepted(`"https://r.io" never matches`)),
				configured("r.io/*", file(plain("p1", "matchImages: [r.io/*]")), accepted(`"r.io/*" never matches`)),
				configured("''", file(plain("p1", "matchImages: ['']")), accepted("never matches")),
				configured("R.IO", file(plain("p1", "matchImages: [R.IO]")), accepted(`"R.IO" never matches`)),
				configured("user@r.io", file(plain("p1", "matchImages: [user@r.io]")), accepted(`"user@r.io" never matches`)),
			}},
		{ID: "P04", Setup: "a second YAML document", Kubelet: "drops it without a word", Pullgate: "does not start; says what the kubelet does",
			Differs: "what an administrator has written down is not to be lost in silence", Tries: []Try{
				configured("good", file(plain("p1"))+"---\n"+file(plain("p2")), Load{Registered: "p1", OurError: []string{"a kubelet drops it without a word"}}),
				configured("rubbish", file(plain("p1"))+"---\n[rubbish\n", Load{Registered: "p1", OurError: []string{"a kubelet drops it without a word"}}),
				configured("comments alone", "# first\n---\n"+file(plain("p1"))+"---\n# last\n", accepted()),
			}},
		{ID: "P05", Setup: "config folder: 10.json 15.yaml(link) 20.yaml 30.yml .hidden.yaml; 05.YAML, *.bak, sub/",
			Kubelet: "reads the first five, in the order of their names", Pullgate: "the same", Tries: []Try{{
				Name: "folder", Load: &Load{Registered: "h p1 p2 p3 p4"},
				Programs: map[string]Program{"h": Good, "p1": Good, "p2": Good, "p3": Good, "p4": Good},
				Files: map[string]string{
					"30.yml": file(plain("p4")), "20.yaml": file(plain("p3")), "15.yaml": "->linked", "linked": file(plain("p2")),
					"10.json":      `{"apiVersion":"kubelet.config.k8s.io/v1","kind":"CredentialProviderConfig","providers":[{"name":"p1","matchImages":["r.io"],"defaultCacheDuration":"1h","apiVersion":"` + v1 + `"}]}`,
					".hidden.yaml": file(plain("h")), "05.YAML": file(plain("p5")), "20.yaml.bak": "rubbish", "sub/40.yaml": file(plain("p6")),
				},
			}}},
		{ID: "P06", Setup: "a ConfigMap volume as folder; an empty folder; a file with `providers: []` beside a good one; one name in two files",
			Kubelet: "starts; does not; starts; does not", Pullgate: "the same", Tries: []Try{
				folder("ConfigMap volume", map[string]string{
					"..2026_01_01/config.yaml": file(plain("p1")), "..data": "->..2026_01_01", "config.yaml": "->..data/config.yaml",
				}, accepted()),
				folder("empty", map[string]string{"empty/": "", "readme.txt": "nothing"}, Load{Refused: "no configuration files found", OurError: []string{"has no file *.json, *.yaml or *.yml"}}),
				folder("providers: []", map[string]string{"10.yaml": file(plain("p1")), "20.yaml": file() + "  []\n"}, accepted()),
				folder("one name twice", map[string]string{"10.yaml": file(plain("p1")), "20.yaml": file(plain("p1"))},
					Load{Refused: "duplicate provider name", OurError: []string{"20.yaml", `provider "p1": name: is another provider's too, in `, "10.yaml"}}),
				folder("a link to a folder", map[string]string{"10.yaml": file(plain("p1")), "other/": "", "x.yaml": "->other"},
					Load{Refused: "is a directory", OurError: []string{"x.yaml is a folder"}}),
			}},
		{ID: "P07", Setup: "plugin missing, not executable, a folder", Kubelet: "does not start, and does not name a missing one",
			Pullgate: "does not start; names it", Tries: []Try{
				program("missing", "", Load{Refused: "plugin binary executable  did not exist", OurError: []string{`provider "p3": name: there is no plugin `, "bin/p3"}}),
				program("not executable", NotExecutable, Load{Refused: "permission denied", OurError: []string{`provider "p3": name: `, "bin/p3", "permission denied"}}),
				program("a folder", Folder, Load{Refused: "is a directory", OurError: []string{`provider "p3": name: `, "bin/p3", "is a directory"}}),
			}},
		{ID: "P08", Setup: "tokenAttributes: no cacheType; required keys with requireServiceAccount false; provider v1beta1",
			Kubelet: "does not start", Pullgate: "does not start; names provider and field", Tries: []Try{
				configured("good", file(plain("p1", tokens("cacheType: Token", "requireServiceAccount: true"))), accepted()),
				configured("no cacheType", file(plain("p1", tokens("requireServiceAccount: true"))), refused("cacheType is required", "tokenAttributes.cacheType: is missing")),
				configured("no requireServiceAccount", file(plain("p1", tokens("cacheType: Token"))), refused("requireServiceAccount: Required", "tokenAttributes.requireServiceAccount: is missing")),
				configured("required keys, not required", file(plain("p1", tokens("cacheType: Token", "requireServiceAccount: false", "requiredServiceAccountAnnotationKeys: [x.io/y]"))),
					refused("requireServiceAccount cannot be false", "tokenAttributes.requiredServiceAccountAnnotationKeys: needs requireServiceAccount")),
				configured("key required and optional", file(plain("p1", tokens("cacheType: Token", "requireServiceAccount: true", "requiredServiceAccountAnnotationKeys: [x.io/y]", "optionalServiceAccountAnnotationKeys: [x.io/y]"))),
					refused("annotation keys cannot be both required and optional", `annotation key "x.io/y" is required and optional`)),
				configured("provider v1beta1", file(plain("p1", "apiVersion: credentialprovider.kubelet.k8s.io/v1beta1", tokens("cacheType: Token", "requireServiceAccount: true"))),
					refused("tokenAttributes is only supported for", "tokenAttributes: takes a provider of apiVersion "+v1)),
				configured("config v1beta1", strings.Replace(file(plain("p1", tokens("cacheType: Token", "requireServiceAccount: true"))), "k8s.io/v1\n", "k8s.io/v1beta1\n", 1),
					refused("unknown field", "unknown field")),
			}},
	}
}

// tokens are tokenAttributes in YAML.
func tokens(fields ...string) string {
	return "tokenAttributes:\n  serviceAccountTokenAudience: audience\n  " + strings.Join(fields, "\n  ")
}

// folder is a try of a folder of files, for plugins p1 and p2.
func folder(name string, files map[string]string, l Load) Try {
	files["notes.bak"] = "" // so that there is always more than one
	return Try{Name: name, Files: files, Programs: map[string]Program{"p1": Good, "p2": Good}, Load: &l}
}

// program is a try of one plugin beside a good one.
func program(name string, p Program, l Load) Try {
	t := configured(name, file(plain("p1"), plain("p3")), l)
	if p != "" {
		t.Programs["p3"] = p
	}
	return t
}
