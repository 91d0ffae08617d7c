package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
)

// variable is set in the environment of the program, and of no other: "stdin" has it do
// what it is for. The plugins that it starts have it with another value.
const variable = "PULLGATE_CONFORMANCE"

// TestJob does a job: of the standard input, or else one of its own.
func TestJob(t *testing.T) {
	switch os.Getenv(variable) {
	case "stdin":
		t.Setenv(variable, "inside")
		if err := serve(t, os.Stdin, os.Stdout); err != nil {
			t.Fatal(err)
		}
	case "":
		ownJob(t)
	default:
		t.Fatal("it is started by itself")
	}
}

func serve(t *testing.T, in io.Reader, out io.Writer) error {
	var j job
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	r, err := do(t, j)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}

// do does a job, in a bubble if it is to be.
func do(t *testing.T, j job) (r result, err error) {
	if !j.Bubble {
		return newPullgate(j, func() {}).run(t.Context())
	}
	synctest.Test(t, func(t *testing.T) {
		r, err = newPullgate(j, synctest.Wait).run(t.Context())
	})
	return r, err
}

// ownJob is one that needs nothing but a shell.
func ownJob(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"config.json": `{"kind":"CredentialProviderConfig","apiVersion":"kubelet.config.k8s.io/v1","providers":[{
			"name":"p1","matchImages":["r.io"],"defaultCacheDuration":"1m","apiVersion":"credentialprovider.kubelet.k8s.io/v1"}]}`,
		"p1": "#!/bin/sh\necho '" + `{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",` +
			`"cacheKeyType":"Image","auth":{"r.io":{"username":"u","password":"p"}}}` + "'\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	j := job{Config: filepath.Join(dir, "config.json"), BinDir: dir, Bubble: true, Steps: []step{
		{Images: []string{"r.io/a", "x.io/a"}, Runs: 1}, {Images: []string{"r.io/a"}}, {After: 61 * 1e9, Images: []string{"r.io/a"}, Runs: 1},
	}}
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	in, write := io.Pipe()
	go func() {
		_, err := write.Write(text)
		write.CloseWithError(err)
	}()
	read, out := io.Pipe()
	go func() { out.CloseWithError(serve(t, in, out)) }()
	var r result
	if err := json.NewDecoder(read).Decode(&r); err != nil {
		t.Fatal(err)
	}
	want := `{[] [p1]} {[] []} {[] [p1]}`
	var got string
	for _, s := range r.Steps {
		got += fmt.Sprintf("{%v %v} ", s.Fails, s.Runs)
	}
	if got != want+" " || len(r.Steps[0].Credentials[0]) != 1 || len(r.Steps[0].Credentials[1]) != 0 || len(r.Registered) != 1 {
		t.Errorf("%+v", r)
	}
}
