package check

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	yamlv3 "go.yaml.in/yaml/v4"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
	"github.com/pullgate/pullgate/resolver/words"
	"github.com/pullgate/pullgate/webhook"
	"github.com/pullgate/pullgate/webhook/workload"
)

// manifests is what was read of manifests.
type manifests struct {
	config    webhook.Config
	namespace string // of objects that name none
	selector  labels.Selector
	warn      func(string)

	targets  []target
	secrets  map[types.NamespacedName]*corev1.Secret
	accounts map[types.NamespacedName]*corev1.ServiceAccount
	others   int // objects of kinds that have no images
	errs     []report.InputError
}

func newManifests(config webhook.Config, namespace string, selector labels.Selector, warn func(string)) *manifests {
	return &manifests{
		config: config, namespace: namespace, selector: selector, warn: warn,
		secrets:  map[types.NamespacedName]*corev1.Secret{},
		accounts: map[types.NamespacedName]*corev1.ServiceAccount{},
	}
}

func (m *manifests) failed(e report.InputError) {
	e.Message = words.Printable(e.Message)
	m.errs = append(m.errs, e)
}

// addDocument adds the objects of a document.
func (m *manifests) addDocument(d document) {
	node, err := d.parse()
	if err != nil {
		m.failed(err.(report.InputError)) //nolint:errorlint,forcetypeassert // parse has no other
		return
	}
	if node == nil {
		return
	}
	if node.Kind != yamlv3.MappingNode {
		m.failed(d.errorAt(node, "is no Kubernetes object: it is no mapping of fields to values"))
		return
	}
	raw, err := yaml.YAMLToJSON(d.data)
	if err != nil {
		m.failed(d.syntaxError(err))
		return
	}
	m.addObject(d, node, raw, "")
}

// addObject adds an object, or those of a list. ofList is the kind of the list's
// elements, which need not say it themselves.
func (m *manifests) addObject(d document, node *yamlv3.Node, raw json.RawMessage, ofList string) {
	var object struct {
		metav1.TypeMeta `json:",inline"`
		Items           *[]json.RawMessage `json:"items"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &object); err != nil {
		m.failed(d.errorAt(node, "is no Kubernetes object: "+jsonWords(err)))
		return
	}
	if object.APIVersion == "" && object.Kind == "" && ofList != "" {
		object.APIVersion, object.Kind, _ = strings.Cut(ofList, " ")
	}
	if lacks := missing(object.TypeMeta); lacks != "" {
		m.failed(d.errorAt(node, "is no Kubernetes object: it has no "+lacks+kustomizationHint(d.file)))
		return
	}
	if item, isList := strings.CutSuffix(object.Kind, "List"); isList && (object.Items != nil || item == "") {
		ofItems := ""
		if item != "" {
			ofItems = object.APIVersion + " " + item
		}
		m.addItems(d, node, object.Items, ofItems)
		return
	}
	m.addKind(d, node, raw, object.TypeMeta)
}

func missing(t metav1.TypeMeta) string {
	switch {
	case t.APIVersion == "" && t.Kind == "":
		return "apiVersion and kind"
	case t.APIVersion == "":
		return "apiVersion"
	case t.Kind == "":
		return "kind"
	default:
		return ""
	}
}

func kustomizationHint(file string) string {
	switch filepath.Base(file) {
	case "kustomization.yaml", "kustomization.yml":
		return "; -k takes the folder of a kustomization"
	default:
		return ""
	}
}

func (m *manifests) addItems(d document, node *yamlv3.Node, items *[]json.RawMessage, kind string) {
	if items == nil {
		return
	}
	nodes := resolve(child(node, "items"))
	for n, raw := range *items {
		var item *yamlv3.Node
		if nodes != nil && n < len(nodes.Content) {
			item = resolve(nodes.Content[n])
		}
		m.addObject(d, item, raw, kind)
	}
}

// addKind adds an object by its kind, for which the version does not matter.
func (m *manifests) addKind(d document, node *yamlv3.Node, raw json.RawMessage, t metav1.TypeMeta) {
	kind := schema.FromAPIVersionAndKind(t.APIVersion, t.Kind).GroupKind()
	switch kind {
	case schema.GroupKind{Kind: "Secret"}:
		secret := &corev1.Secret{}
		if m.decode(d, node, raw, t, secret) {
			m.addSecret(secret)
		}
		return
	case schema.GroupKind{Kind: "ServiceAccount"}:
		account := &corev1.ServiceAccount{}
		if m.decode(d, node, raw, t, account) {
			m.accounts[m.key(account)] = account
		}
		return
	}
	object := workload.New(kind)
	if object == nil {
		m.others++
		return
	}
	if m.decode(d, node, raw, t, object) && m.selector.Matches(labels.Set(object.GetLabels())) {
		m.addWorkload(d, node, t, object)
	}
}

// decode decodes an object. A field that does not exist is worth a word: it may
// be the misspelt one with the pull Secrets.
func (m *manifests) decode(d document, node *yamlv3.Node, raw json.RawMessage, t metav1.TypeMeta, into metav1.Object) bool {
	strict, err := kjson.UnmarshalStrict(raw, into)
	if err != nil {
		what := jsonWords(err)
		if t.Kind == "Secret" {
			what = "a value in it is not of the right type, or not base64" // and not to be repeated
		}
		m.failed(d.errorAt(node, fmt.Sprintf("%s cannot be read: %s", t.Kind, what)))
		return false
	}
	at := report.Source{File: d.file, Line: d.line(node)}
	for _, e := range strict {
		m.warn(fmt.Sprintf("%s: %s/%s: %s", at, t.Kind, nameOf(into), e))
	}
	return true
}

func (m *manifests) addWorkload(d document, node *yamlv3.Node, t metav1.TypeMeta, object workload.Object) {
	seen := workload.Of(object)
	if seen.Quiet {
		m.others++
		return
	}
	setDefaults(&seen.Spec)
	targets := targetsOf(m.config,
		report.Object{APIVersion: t.APIVersion, Kind: t.Kind, Namespace: m.key(object).Namespace, Name: nameOf(object)},
		&report.Source{File: d.file, Line: d.line(node)}, seen.Spec,
		func(path string) int { return d.line(find(node, path)) })
	// From here on it is treated as a template even if it is a Pod: that has not
	// got its ServiceAccount's pull Secrets yet.
	for i := range targets {
		targets[i].spec.Template = true
	}
	m.targets = append(m.targets, targets...)
}

// addSecret merges stringData, as an API server does.
func (m *manifests) addSecret(secret *corev1.Secret) {
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	for k, v := range secret.StringData {
		secret.Data[k] = []byte(v)
	}
	secret.StringData = nil
	m.secrets[m.key(secret)] = secret
}

func (m *manifests) key(object metav1.Object) types.NamespacedName {
	key := types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}
	if key.Namespace == "" {
		key.Namespace = m.namespace
	}
	return key
}

func nameOf(object metav1.Object) string {
	if name := object.GetName(); name != "" || object.GetGenerateName() == "" {
		return name
	}
	return object.GetGenerateName() + "*"
}

// jsonWords drops what only a programmer knows.
func jsonWords(err error) string {
	return strings.TrimPrefix(err.Error(), "json: ")
}
