package report

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/words"
)

// The part of SARIF 2.1.0 that is written:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name            string      `json:"name"`
		SemanticVersion string      `json:"semanticVersion,omitempty"`
		InformationURI  string      `json:"informationUri"`
		Rules           []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string       `json:"id"`
		ShortDescription     sarifMessage `json:"shortDescription"`
		DefaultConfiguration sarifLevel   `json:"defaultConfiguration"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		Level               string            `json:"level"`
		Message             sarifMessage      `json:"message"`
		Locations           []sarifLocation   `json:"locations,omitempty"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
)

// newSARIF tells what there is something to say about, a result for each field.
// A rule is a Reason.
func newSARIF(r Report, version string) sarifLog {
	run := sarifRun{
		Tool: sarifTool{sarifDriver{
			Name: "pullgate", InformationURI: "https://github.com/pullgate/pullgate", Rules: []sarifRule{},
			SemanticVersion: strings.TrimPrefix(version, "v"),
		}},
		Invocations: []sarifInvocation{{ExecutionSuccessful: len(r.Errors) == 0}},
		Results:     []sarifResult{},
	}
	if !strings.HasPrefix(version, "v") {
		run.Tool.Driver.SemanticVersion = "" // as of a build that has none
	}
	for _, e := range r.Errors {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{
			Level: "error", Message: sarifMessage{words.Printable(e.Message)}, Locations: locations(e.File, e.Line, ""),
		})
	}
	rules := map[resolver.Reason]bool{}
	for _, i := range r.Items {
		if i.severity() > 2 {
			continue
		}
		if !rules[i.Reason] {
			rules[i.Reason] = true
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
				ID: string(i.Reason), ShortDescription: sarifMessage{description(i.Class)}, DefaultConfiguration: sarifLevel{level(i)},
			})
		}
		run.Results = append(run.Results, results(i)...)
	}
	return sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	}
}

func results(i Item) (list []sarifResult) {
	fields := i.Fields
	if len(fields) == 0 {
		fields = []Field{{}}
	}
	for _, f := range fields {
		where := strings.Trim(objectPath(i)+"."+f.Path, ".")
		list = append(list, sarifResult{
			RuleID:    string(i.Reason),
			Level:     level(i),
			Message:   sarifMessage{sentence(i)},
			Locations: locations(i.source().File, max(f.Line, i.source().Line), where),
			// Lines move; the object, the field and the image stay.
			PartialFingerprints: map[string]string{"pullgate/v1": fingerprint(string(i.Reason), i.Image, where)},
		})
	}
	return list
}

func level(i Item) string {
	switch i.Class {
	case resolver.ClassDefinite:
		return "error"
	case resolver.ClassUnverified:
		return "warning"
	default:
		return "note"
	}
}

func description(c resolver.Class) string {
	switch c {
	case resolver.ClassDefinite:
		return "The image cannot be pulled"
	case resolver.ClassUnverified:
		return "It was not verified that the image can be pulled"
	default:
		return "The image can be started, with a condition"
	}
}

// locations points at a line of a file, and at a part of an object; either may
// be "".
func locations(file string, line int, object string) []sarifLocation {
	var l sarifLocation
	if file != "" && file != Stdin {
		l.Physical = &sarifPhysical{Artifact: sarifArtifact{fileURI(file)}}
		if line > 0 {
			l.Physical.Region = &sarifRegion{line}
		}
	}
	if object != "" {
		l.Logical = []sarifLogical{{object}}
	}
	if l.Physical == nil && l.Logical == nil {
		return nil
	}
	return []sarifLocation{l}
}

// Stdin is what the standard input is called as a file.
const Stdin = "<stdin>"

// fileURI is relative for a relative path, as an upload from a checkout needs it.
func fileURI(file string) string {
	if u, err := url.Parse(file); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return u.Redacted()
	}
	u := url.URL{Path: filepath.ToSlash(filepath.Clean(file))}
	if filepath.IsAbs(file) {
		u.Scheme = "file"
	}
	return u.String()
}

func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
