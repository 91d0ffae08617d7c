package provider

import (
	"strings"
	"testing"
	"time"
)

// TestDecodeResponse holds what is taken for an answer, and that what is not is
// refused by the name of the rule and without a word of the answer (P14 to P16).
func TestDecodeResponse(t *testing.T) {
	const (
		head  = `"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1"`
		good  = `{` + head + `,"cacheKeyType":"Registry","cacheDuration":"6h0m0s","auth":{"r.io":{"username":"u","password":"hunter2"}}}`
		entry = `{` + head + `,"cacheKeyType":"Image","auth":`
	)
	for name, tc := range map[string]struct {
		answer string
		want   string // of the error, "" for none
	}{
		"good":                       {good, ""},
		"white space around it":      {" \n\t" + good + "\r\n\n", ""},
		"auth missing (P15)":         {`{` + head + `,"cacheKeyType":"Image"}`, ""},
		"auth null (P15)":            {entry + `null}`, ""},
		"auth empty (P15)":           {entry + `{}}`, ""},
		"entry null (P16)":           {entry + `{"r.io":null}}`, ""},
		"entry empty (P16)":          {entry + `{"r.io":{}}}`, ""},
		"kind Global":                {`{` + head + `,"cacheKeyType":"Global"}`, ""},
		"duration null":              {`{` + head + `,"cacheKeyType":"Image","cacheDuration":null}`, ""},
		"negative duration":          {`{` + head + `,"cacheKeyType":"Image","cacheDuration":"-5m"}`, ""},
		"nothing":                    {"", "answers nothing"},
		"white space":                {" \n", "answers nothing"},
		"log line before":            {"hunter2: starting\n" + good, "not one JSON object"},
		"log line after":             {good + "\nhunter2: done", "not one JSON object"},
		"two objects":                {good + good, "not one JSON object"},
		"cut off":                    {good[:len(good)-1], "not one JSON object"},
		"list":                       {"[" + good + "]", "not one JSON object"},
		"text":                       {`"hunter2"`, "not one JSON object"},
		"null":                       {`null`, "apiVersion " + apiV1},
		"YAML":                       {"apiVersion: " + apiV1 + "\nkind: CredentialProviderResponse\ncacheKeyType: Image\n", "not one JSON object"},
		"BOM":                        {"\ufeff" + good, "not one JSON object"},
		"deep":                       {strings.Repeat("[", maxStdout), "not one JSON object"},
		"no apiVersion":              {`{"kind":"CredentialProviderResponse","cacheKeyType":"Image"}`, "not of apiVersion " + apiV1},
		"other version":              {strings.Replace(good, "k8s.io/v1", "k8s.io/v1beta1", 1), "not of apiVersion " + apiV1},
		"other kind":                 {strings.Replace(good, "Response", "Request", 1), "not of kind CredentialProviderResponse"},
		"no kind":                    {`{"apiVersion":"` + apiV1 + `","cacheKeyType":"Image"}`, "not of kind CredentialProviderResponse"},
		"unknown field":              {strings.Replace(good, `"auth"`, `"hunter2":1,"auth"`, 1), "a field that nodes do not know"},
		"identitytoken in an entry":  {strings.Replace(good, `"username"`, `"identitytoken":"hunter2","username"`, 1), "a field that nodes do not know"},
		"field twice":                {strings.Replace(good, `"cacheKeyType"`, `"cacheKeyType":"Registry","cacheKeyType"`, 1), "given twice"},
		"registry twice":             {entry + `{"r.io":{"username":"u"},"r.io":{"username":"hunter2"}}}`, "given twice"},
		"wrong case of a field":      {strings.Replace(good, `"cacheKeyType"`, `"CacheKeyType"`, 1), "a field that nodes do not know"},
		"wrong case in an entry":     {strings.Replace(good, `"username"`, `"Username"`, 1), "a field that nodes do not know"},
		"wrong case of kind":         {strings.Replace(good, `"kind"`, `"Kind"`, 1), "not of kind CredentialProviderResponse"},
		"wrong case of apiVersion":   {strings.Replace(good, `"apiVersion"`, `"apiversion"`, 1), "not of apiVersion " + apiV1},
		"cacheKeyType image":         {strings.Replace(good, `"Registry"`, `"registry"`, 1), "none of Image, Registry and Global"},
		"cacheKeyType missing":       {`{` + head + `}`, "none of Image, Registry and Global"},
		"cacheKeyType a number":      {`{` + head + `,"cacheKeyType":1}`, "value of the wrong type"},
		"duration a number":          {strings.Replace(good, `"6h0m0s"`, `21600`, 1), "value of the wrong type"},
		"duration that is no length": {strings.Replace(good, `"6h0m0s"`, `"hunter2"`, 1), "value of the wrong type"},
		"password a number":          {strings.Replace(good, `"hunter2"`, `12345678`, 1), "value of the wrong type"},
		"entry a text":               {entry + `{"r.io":"hunter2"}}`, "value of the wrong type"},
		"auth a list":                {entry + `["hunter2"]}`, "value of the wrong type"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeResponse(apiV1, []byte(tc.answer))
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.want == "":
			case err == nil:
				t.Errorf("taken, want %q", tc.want)
			case !strings.Contains(err.Error(), tc.want):
				t.Errorf("%q, want %q in it", err, tc.want)
			case strings.Contains(err.Error(), "hunter2"), strings.Contains(err.Error(), "1234567"):
				t.Errorf("%q repeats what was answered", err)
			}
		})
	}
}

// TestDecodeResponseOfVersions: the answer is of the version of the request.
func TestDecodeResponseOfVersions(t *testing.T) {
	const minute = time.Minute
	for _, asked := range apiVersions() {
		for _, answered := range apiVersions() {
			r, err := decodeResponse(asked, []byte(`{"kind":"CredentialProviderResponse","apiVersion":"`+answered+
				`","cacheKeyType":"Image","cacheDuration":"1m","auth":{"r.io":{"username":"u","password":"p"}}}`))
			if asked != answered {
				if err == nil {
					t.Errorf("%s answered with %s is taken", asked, answered)
				}
				continue
			}
			if err != nil || r.CacheKeyType != "Image" || r.CacheDuration.Duration != minute || r.Auth["r.io"].Username != "u" || r.Auth["r.io"].Password != "p" {
				t.Errorf("%s: %+v, %v", asked, r, err)
			}
		}
	}
}

// TestRequest: a plugin gets one line, and of tokens only what there is.
func TestRequest(t *testing.T) {
	for name, tc := range map[string]struct {
		subject subject
		want    string
	}{
		"no token": {subject{}, `{"kind":"CredentialProviderRequest","apiVersion":"` + apiV1 + `","image":"docker.io/library/nginx"}`},
		"token": {subject{token: "t", annotations: map[string]string{"b/y": "2", "a/x": "<&>"}},
			`{"kind":"CredentialProviderRequest","apiVersion":"` + apiV1 + `","image":"docker.io/library/nginx","serviceAccountToken":"t","serviceAccountAnnotations":{"a/x":"\u003c\u0026\u003e","b/y":"2"}}`},
	} {
		got, err := encodeRequest(apiV1, "docker.io/library/nginx", tc.subject)
		if err != nil || string(got) != tc.want+"\n" {
			t.Errorf("%s: %q, %v, want %q and a line's end", name, got, err, tc.want)
		}
	}
}
