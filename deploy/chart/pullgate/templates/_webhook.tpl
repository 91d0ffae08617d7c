{{/* How the API server calls pullgate: alike for all webhooks. */}}
{{- define "pullgate.webhook" -}}
clientConfig:
  # No caBundle: who makes the certificates writes it, and owns that field.
  service:
    namespace: {{ .Release.Namespace }}
    name: {{ include "pullgate.fullname" . }}
    path: /validate
    port: 443
timeoutSeconds: {{ .Values.webhook.timeoutSeconds }}
sideEffects: None
matchPolicy: Equivalent
admissionReviewVersions: [v1]
# Neither the control plane's Pods nor pullgate's own may depend on it.
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values: {{ append .Values.webhook.excludedNamespaces .Release.Namespace | uniq | toJson }}
    {{- with .Values.webhook.namespaceSelector }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/*
True for an update that brings an image: one that leaves something to pull, unless it
leaves all images as they are. The argument is where in an object o the Pod spec is.
Both objects are in a list, so that their images are found by the same words; images
that only change places are left to pullgate.
*/}}
{{- define "pullgate.bringsImages" -}}
!has(object.metadata.deletionTimestamp) &&
!(object.?status.?phase.orValue('') in ['Succeeded', 'Failed']) &&
[[object, oldObject].map(o, {{ . }}).map(spec, [
  spec.?containers.orValue([]).map(c, c.?image.orValue('')),
  spec.?initContainers.orValue([]).map(c, c.?image.orValue('')),
  spec.?ephemeralContainers.orValue([]).map(c, c.?image.orValue('')),
  spec.?volumes.orValue([]).map(v, v.?image.?reference.orValue(''))
])].exists(images, images[0] != images[1])
{{- end }}
