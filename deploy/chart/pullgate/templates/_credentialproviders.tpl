{{/*
The values credentialProviders as JSON, all of them: an upgrade with --reuse-values
may bring those of a chart that had fewer. "enabled" says whether there are providers.
*/}}
{{- define "pullgate.credentialProviders" -}}
{{- $defaults := dict
  "config" dict "existingConfigMap" "" "path" ""
  "image" "" "imagePath" "/" "copyFrom" dict "hostPath" "" "inImage" ""
  "identity" "own" "timeout" "30s" "suggestTags" false "nodeConfig" ""
  "tokens" (dict "mode" "none" "audiences" list "serviceAccounts" dict "allServiceAccounts" false) }}
{{- $providers := mustMerge (deepCopy (.Values.credentialProviders | default dict)) $defaults }}
{{- $_ := set $providers "enabled" (not (empty (or $providers.config $providers.existingConfigMap $providers.path))) }}
{{- toJson $providers }}
{{- end }}

{{/* Where things are in the container. */}}
{{- define "pullgate.providersConfig" -}}/etc/pullgate-credential-providers{{- end }}
{{- define "pullgate.providersPlugins" -}}/opt/pullgate-credential-providers{{- end }}
{{- define "pullgate.providersTokens" -}}/var/run/secrets/pullgate-tokens{{- end }}
{{- define "pullgate.nodeConfig" -}}/etc/pullgate-node-config{{- end }}

{{/* The flags, by the values with their defaults. */}}
{{- define "pullgate.providersArgs" -}}
{{- if .enabled }}
- --image-credential-provider-config={{ include "pullgate.providersConfigPath" . }}
- --image-credential-provider-bin-dir={{ include "pullgate.providersPluginsPath" . }}
{{- if eq .tokens.mode "own" }}
- --image-credential-token-dir={{ include "pullgate.providersTokens" . }}
{{- end }}
{{- end }}
{{- if .nodeConfig }}
- --image-credential-node-config={{ include "pullgate.nodeConfig" . }}/config.json
{{- end }}
{{- end }}

{{/* A node's file keeps its name, which tells what it is; a node's folder stays one. */}}
{{- define "pullgate.providersConfigPath" -}}
{{- include "pullgate.providersConfig" . }}
{{- if has (ext .path) (list ".json" ".yaml" ".yml") }}/{{ base .path }}{{ end }}
{{- end }}

{{- define "pullgate.providersPluginsPath" -}}
{{- if .inImage -}}
{{ .inImage }}
{{- else if .image -}}
{{ include "pullgate.providersPlugins" . }}{{ trimSuffix "/" .imagePath }}
{{- else -}}
{{ include "pullgate.providersPlugins" . }}
{{- end }}
{{- end }}

{{- define "pullgate.providersMounts" -}}
{{- if .enabled }}
- name: credential-providers
  mountPath: {{ include "pullgate.providersConfigPath" . }}
  readOnly: true
{{- if not .inImage }}
- name: credential-provider-plugins
  mountPath: {{ include "pullgate.providersPlugins" . }}
  readOnly: true
{{- end }}
{{- if eq .tokens.mode "own" }}
- name: credential-provider-tokens
  mountPath: {{ include "pullgate.providersTokens" . }}
  readOnly: true
{{- end }}
{{- end }}
{{- if .nodeConfig }}
- name: node-config
  mountPath: {{ include "pullgate.nodeConfig" . }}
  readOnly: true
{{- end }}
{{- end }}

{{/* The volumes. The second one of the list is the name of all objects. */}}
{{- define "pullgate.providersVolumes" -}}
{{- $name := last . }}
{{- with first . }}
{{- if .enabled }}
- name: credential-providers
  {{- if .path }}
  hostPath:
    path: {{ .path }}
  {{- else }}
  configMap:
    name: {{ .existingConfigMap | default (printf "%s-credential-providers" $name) }}
  {{- end }}
{{- if .image }}
- name: credential-provider-plugins
  image:
    reference: {{ .image | quote }}
{{- else if .copyFrom }}
- name: credential-provider-plugins
  emptyDir:
    sizeLimit: 512Mi
{{- else if .hostPath }}
- name: credential-provider-plugins
  hostPath:
    path: {{ .hostPath }}
    type: Directory
{{- end }}
{{- if eq .tokens.mode "own" }}
# pullgate finds each by the audience that is in it.
- name: credential-provider-tokens
  projected:
    sources:
      {{- range $n, $audience := .tokens.audiences }}
      - serviceAccountToken:
          audience: {{ $audience | quote }}
          expirationSeconds: 3600
          path: token-{{ $n }}
      {{- end }}
{{- end }}
{{- end }}
{{- if .nodeConfig }}
- name: node-config
  secret:
    secretName: {{ .nodeConfig }}
    items:
      - key: config.json
        path: config.json
{{- end }}
{{- end }}
{{- end }}

{{/* Each provider's patterns, one in a line, where the chart knows them. */}}
{{- define "pullgate.providersPatterns" -}}
{{- range (.config).providers }}
{{- $name := .name }}
{{- $unheard := and .tokenAttributes (eq $.tokens.mode "none") }}
{{- range .matchImages }}
- {{ . }} ({{ $name }}{{ if $unheard }}, not run: it wants tokens, and tokens.mode is none{{ end }})
{{- end }}
{{- end }}
{{- end }}
