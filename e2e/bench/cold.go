package bench

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Cold is the first check of images that nobody has asked for, at a registry so far
// away. The times are in ms, of one request at a time: sixteen at once would be
// about two cores.
type Cold struct {
	// RegistryLatency is what the registry adds to each answer, in ms.
	RegistryLatency int `json:"registryLatency_ms"`
	// Head is a bare client's HEAD, with its connection and its token at hand.
	Head Percentiles `json:"head_ms"`
	// TenHeads are ten of them at once, until the last has its answer: what ten
	// images cost where everything shares the machine with the registry.
	TenHeads Percentiles `json:"tenHeads_ms"`
	// OneImage and TenImages are calls of the webhook.
	OneImage  Percentiles `json:"oneImage_ms"`
	TenImages Percentiles `json:"tenImages_ms"`
	// Through and ThroughKnown are Pods of one image through the API server, whose
	// image is new, and then known.
	Through      Percentiles `json:"throughAPIServer_ms"`
	ThroughKnown Percentiles `json:"throughAPIServerKnown_ms"`

	head, tenHeads, one, ten []float64
}

// Percentiles are of some times.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

func (b *Bench) cold(ctx context.Context) (list []Cold, err error) {
	defer b.site.front.SetDelay(0)
	for _, c := range []struct{ latency, times int }{{0, 300}, {20, 150}, {100, 60}} {
		if b.options.Short {
			c.times = 5
		}
		b.tell("first checks at a registry with %d ms, %d of each", c.latency, c.times)
		cold, err := b.coldAt(ctx, c.latency, c.times)
		if err != nil {
			return nil, fmt.Errorf("first checks: %w", err)
		}
		list = append(list, cold)
	}
	return list, nil
}

func (b *Bench) coldAt(ctx context.Context, latency, times int) (Cold, error) {
	c := Cold{RegistryLatency: latency}
	repo, namespace := repository(0), b.namespaces[warm][0]
	bare, err := b.newBareClient(ctx, repo)
	if err != nil {
		return c, err
	}
	create := func(image string) (time.Duration, error) {
		pod := podOf(namespace, image)
		begun := time.Now()
		_, err := b.client.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return time.Since(begun), err
	}
	ask := func(images ...string) (time.Duration, error) {
		return b.reviewer.ask(ctx, podOf(namespace, images...))
	}
	var through, known []float64
	b.site.front.SetDelay(time.Duration(latency) * time.Millisecond)
	for n := range times + 3 {
		images := b.site.fresh(repo, 23)
		for _, what := range []struct {
			into *[]float64
			do   func() (time.Duration, error)
		}{
			{&c.head, func() (time.Duration, error) { return bare.head(ctx, images[0]) }},
			{&c.tenHeads, func() (time.Duration, error) { return bare.heads(ctx, images[13:23]) }},
			{&c.one, func() (time.Duration, error) { return ask(images[1]) }},
			{&c.ten, func() (time.Duration, error) { return ask(images[2:12]...) }},
			{&through, func() (time.Duration, error) { return create(images[12]) }},
			{&known, func() (time.Duration, error) { return create(images[12]) }},
		} {
			took, err := what.do()
			if err != nil {
				return c, err
			}
			if n >= 3 { // after those that made the connections
				*what.into = append(*what.into, ms(took))
			}
		}
	}
	c.Head, c.TenHeads = percentiles(c.head), percentiles(c.tenHeads)
	c.OneImage, c.TenImages = percentiles(c.one), percentiles(c.ten)
	c.Through, c.ThroughKnown = percentiles(through), percentiles(known)
	return c, nil
}

// bareClient does nothing but HEAD.
type bareClient struct {
	client *http.Client
	site   *site
	token  string
}

func (b *Bench) newBareClient(ctx context.Context, repo string) (*bareClient, error) {
	ca, err := os.ReadFile(b.site.caFile())
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	c := &bareClient{site: b.site, client: &http.Client{Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: 10, // as many as heads asks at once
	}}}
	query := url.Values{"service": {"e2e-registry"}, "scope": {"repository:" + repo + ":pull"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+b.site.realm.Address()+"/token?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(user, password)
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Token == "" {
		return nil, fmt.Errorf("no token from the token server, status %s: %w", resp.Status, err)
	}
	c.token = answer.Token
	return c, nil
}

// heads asks for several images at once, each on a connection of its own.
func (c *bareClient) heads(ctx context.Context, images []string) (time.Duration, error) {
	group, ctx := errgroup.WithContext(ctx)
	begun := time.Now()
	for _, image := range images {
		group.Go(func() error {
			_, err := c.head(ctx, image)
			return err
		})
	}
	err := group.Wait()
	return time.Since(begun), err
}

func (c *bareClient) head(ctx context.Context, image string) (time.Duration, error) {
	repo, tag, _ := strings.Cut(strings.TrimPrefix(image, host+"/"), ":")
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, c.site.url()+"/v2/"+repo+"/manifests/"+tag, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, */*")
	begun := time.Now()
	resp, err := c.client.Do(req)
	took := time.Since(begun)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body) // there is none
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("HEAD %s: %s", image, resp.Status)
	}
	return took, nil
}
