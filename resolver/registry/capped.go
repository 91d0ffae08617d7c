package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/containerd/containerd/v2/core/remotes/docker"
)

// maxHeaderBytes caps the headers of one response.
const maxHeaderBytes = 64 << 10

// capped caps what is read of a response's body at the size of the largest
// manifest that containerd takes; a token answer is far smaller.
type capped struct{ http.RoundTripper }

// RoundTrip passes a request on and caps the answer.
func (c capped) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = &cappedBody{ReadCloser: resp.Body, left: docker.MaxManifestSize}
	return resp, nil
}

type cappedBody struct {
	io.ReadCloser
	left int64
}

// errCapped is a body that does not end where it should.
var errCapped = fmt.Errorf("more than %d bytes", docker.MaxManifestSize)

// Read reads up to the cap, and fails only if there is more behind it. What is
// counted is what comes out: http.Transport has decompressed it by then.
func (b *cappedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		return int(b.left), errCapped
	}
	b.left -= int64(n)
	return n, err
}

// manifestBody words the cap's failure for a manifest, which a node would refuse
// as well. Of anything else that is too long nobody knows what a node would do.
type manifestBody struct{ io.ReadCloser }

// Read passes on what is read.
func (b manifestBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, errCapped) {
		err = errTooLarge(0)
	}
	return n, err
}

// errTooLarge words containerd's refusal; a size of zero is unknown (C82).
func errTooLarge(size int64) *ManifestError {
	if size == 0 {
		return &ManifestError{What: fmt.Sprintf("its manifest is larger than the %d bytes that a node takes", docker.MaxManifestSize)}
	}
	return &ManifestError{What: fmt.Sprintf("its manifest has %d bytes, more than the %d that a node takes", size, docker.MaxManifestSize)}
}
