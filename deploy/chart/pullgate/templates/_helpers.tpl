{{/* The name of all objects: the release's, with the chart's name in it. */}}
{{- define "pullgate.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{/* The Secret with the CA, or with the certificate. */}}
{{- define "pullgate.certificateSecret" -}}
{{- if eq .Values.certificates.source "secret" -}}
{{ required "certificates.existingSecret is needed with certificates.source secret" .Values.certificates.existingSecret }}
{{- else -}}
{{ include "pullgate.fullname" . }}-certs
{{- end -}}
{{- end }}

{{/* What the selectors of Deployment and Service go by: it never changes. */}}
{{- define "pullgate.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "pullgate.labels" -}}
{{ include "pullgate.selectorLabels" . }}
{{- if not .Values.plainManifest }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "pullgate.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* Restricted, and nothing to write to: of every container here. */}}
{{- define "pullgate.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "pullgate.podSecurity" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Where the folder of certsD is mounted. */}}
{{- define "pullgate.certsD" -}}
/etc/containerd/certs.d
{{- end }}

{{/* A host's folder: containerd reads this in place of a colon. */}}
{{- define "pullgate.hostFolder" -}}
{{ if contains ":" . }}{{ replace ":" "_" . }}_{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* Resources of a container: an empty limit of memory is the one that is given. */}}
{{- define "pullgate.resources" -}}
{{- $resources := deepCopy .resources }}
{{- if and $resources.limits (hasKey $resources.limits "memory") (not $resources.limits.memory) }}
{{- $_ := set $resources.limits "memory" .memory }}
{{- end }}
{{- toYaml $resources }}
{{- end }}

{{/*
The Pod Security level that the namespace can be held to: of what restricted forbids,
only what privileged alone allows can be asked for.
*/}}
{{- define "pullgate.podSecurityLevel" -}}
{{- $providers := include "pullgate.credentialProviders" . | fromJson }}
{{- if or .Values.hostNetwork $providers.path $providers.hostPath }}privileged{{ else }}restricted{{ end }}
{{- end }}
