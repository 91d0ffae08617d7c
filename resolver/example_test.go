package resolver_test

import (
	"context"
	"fmt"

	"github.com/pullgate/pullgate/resolver"
)

func Example() {
	r, err := resolver.New(resolver.DefaultConfig(), "example/1.0")
	if err != nil {
		panic(err)
	}
	// The Pod names no pull Secrets.
	pod := resolver.Pod{Credentials: resolver.NewCredentials("default", nil)}
	for _, image := range []string{"Nginx:1", "localhost:5000/app:v1"} {
		v := r.Check(context.Background(), resolver.Image{Reference: image}, pod)
		fmt.Printf("%s is %s: %s\n", v.Reason, v.Reason.Class(), v.Message)
	}
	// Output:
	// InvalidImageName is definite: not a valid image reference: the repository name must be lower-case
	// NodeLocal is unverified: registry localhost:5000 is the node's own loopback
}
