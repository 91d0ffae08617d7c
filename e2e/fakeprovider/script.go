package fakeprovider

import (
	"encoding/json"
	"time"
)

// Variable is the entry of the environment that has the Script, in JSON, or else the
// path of a file with it.
const Variable = "FAKE_PROVIDER"

// ChildVariable is in the environment of nothing but the children that a Script asks
// for, and says how long they sleep. A program that has it starts no other. All else
// of its parent's environment, but for the Script, a child has too.
const ChildVariable = "FAKE_PROVIDER_CHILD"

// MaxChild is how long a child sleeps at most: nobody may be left to end it.
const MaxChild = 10 * time.Minute

// Script is what one run does, in the order of the fields. The zero value reads the
// request and answers nothing, with exit code 0.
type Script struct {
	// Unread leaves the request on the standard input.
	Unread bool `json:"unread,omitempty"`
	// Child is how long a child sleeps that holds the standard output open, and is
	// not waited for.
	Child Duration `json:"child,omitempty"`
	// Quiet is how long another child sleeps, which holds nothing of the program's.
	Quiet Duration `json:"quiet,omitempty"`
	// Log is a file to which each run appends a Run, as one line.
	Log string `json:"log,omitempty"`
	// Sleep comes before the answer.
	Sleep Duration `json:"sleep,omitempty"`
	// Stderr is written to the standard error, after StderrSize bytes of nothing in
	// particular. It has the placeholders of Stdout.
	Stderr     string `json:"stderr,omitempty"`
	StderrSize int    `json:"stderrSize,omitempty"`
	// Padding is how many bytes of white space come before Stdout.
	Padding int `json:"padding,omitempty"`
	// Stdout is the answer. In it stand for what the request says {image}, {host},
	// which is the image's registry, and {token}; {env} for the entries of the
	// environment, but for the Script, with spaces between; and {n} for how many runs the
	// Log has, this one included.
	Stdout string `json:"stdout,omitempty"`
	// Bytes follow it as they are: what no JSON string can hold.
	Bytes []byte `json:"bytes,omitempty"`
	// Linger comes after the answer, with the standard output still open.
	Linger Duration `json:"linger,omitempty"`
	Exit   int      `json:"exit,omitempty"`
}

// String is the Script as one line of JSON, for the environment or a file.
func (s Script) String() string {
	line, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(line)
}

// Duration is a time.Duration that JSON has as a string, as in "1.5s".
type Duration time.Duration

// MarshalText is for JSON.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText is for JSON.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// Run is what a run writes down of itself, before it sleeps and answers.
type Run struct {
	// N counts the runs of a Log, from one.
	N int `json:"n"`
	// Name is what the program was started as.
	Name string   `json:"name"`
	Args []string `json:"args"`
	// Dir is the working directory.
	Dir string `json:"dir"`
	// Env is the environment, but for the Script.
	Env []string `json:"env"`
	// Stdin is the whole of the standard input, nothing if it was left unread.
	Stdin string `json:"stdin"`
	Pid   int    `json:"pid"`
	// Parent is the process id of who ran it.
	Parent int `json:"parent"`
	// Child and Quiet are the children's process ids, zero if there are none.
	Child int `json:"child,omitempty"`
	Quiet int `json:"quiet,omitempty"`
}

// Request is what a kubelet, or pullgate, asks a provider.
type Request struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
	// Image is a repository, without a tag.
	Image                     string            `json:"image"`
	ServiceAccountToken       string            `json:"serviceAccountToken"`
	ServiceAccountAnnotations map[string]string `json:"serviceAccountAnnotations"`
}

// Request is what the run was asked, the zero value if that is no request.
func (r Run) Request() (q Request) {
	if err := json.Unmarshal([]byte(r.Stdin), &q); err != nil {
		return Request{}
	}
	return q
}
