{{- define "gaitkeeper.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "gaitkeeper.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "gaitkeeper.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "gaitkeeper.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "gaitkeeper.selector" -}}
app.kubernetes.io/name: {{ include "gaitkeeper.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gaitkeeper.labels" -}}
{{ include "gaitkeeper.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "gaitkeeper.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "gaitkeeper.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "gaitkeeper.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "gaitkeeper.scheme" -}}
{{- if .Values.tls.existingSecret }}https{{ else }}http{{ end -}}
{{- end -}}

{{- define "gaitkeeper.servicePort" -}}
{{- if .Values.service.port }}{{ int .Values.service.port }}{{ else if .Values.tls.existingSecret }}443{{ else }}80{{ end -}}
{{- end -}}

{{/* The host of publicUrl. */}}
{{- define "gaitkeeper.host" -}}
{{- regexReplaceAll ":[0-9]+$" (get (urlParse .Values.publicUrl) "host") "" -}}
{{- end -}}

{{/* "true" where more than one pod may run. */}}
{{- define "gaitkeeper.several" -}}
{{- if .Values.autoscaling.enabled -}}
{{- if gt (int .Values.autoscaling.maxReplicas) 1 }}true{{ end -}}
{{- else if gt (int .Values.replicaCount) 1 }}true{{ end -}}
{{- end -}}

{{- define "gaitkeeper.testUrl" -}}
{{- if .Values.tests.url -}}
{{- .Values.tests.url -}}
{{- else if .Values.tls.existingSecret -}}
{{- printf "https://%s.%s.svc:%s" (include "gaitkeeper.fullname" .) .Release.Namespace (include "gaitkeeper.servicePort" .) -}}
{{- else -}}
{{- .Values.publicUrl -}}
{{- end -}}
{{- end -}}

{{/* Pod Security "restricted". */}}
{{- define "gaitkeeper.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "gaitkeeper.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* One value as TOML: JSON texts, flags and lists of texts are TOML too; numbers must not become 16.0. */}}
{{- define "gaitkeeper.toml" -}}
{{- if kindIs "map" . -}}
{{- $pairs := list -}}
{{- range $name, $value := . }}{{ $pairs = append $pairs (printf "%s = %s" (toJson $name) (toJson $value)) }}{{ end -}}
{ {{ join ", " $pairs }} }
{{- else if or (kindIs "float64" .) (kindIs "int64" .) (kindIs "int" .) -}}
{{ int64 . }}
{{- else -}}
{{ toRawJson . }}
{{- end -}}
{{- end -}}

{{/* The configuration file of the service. */}}
{{- define "gaitkeeper.config" -}}
[server]
listen = "{{ .Values.listenAddress }}:8443"
platform_listen = "{{ .Values.listenAddress }}:8081"
public_url = {{ .Values.publicUrl | trimSuffix "/" | toRawJson }}
shutdown_delay = "{{ int .Values.shutdownDelaySeconds }} s"
shutdown_grace = "{{ int .Values.shutdownGraceSeconds }} s"
trusted_proxies = {{ .Values.trustedProxies | toRawJson }}
{{- if .Values.tls.existingSecret }}

[tls]
certificate = "/etc/gaitkeeper/tls/tls.crt"
private_key = "/etc/gaitkeeper/tls/tls.key"
{{- with .Values.tls.clientAuthorities }}
{{- if .existingConfigMap }}
client_authorities = {{ printf "/etc/gaitkeeper/client-authorities/%s" .key | toRawJson }}
{{- end }}
{{- end }}
{{- end }}
{{- $sections := deepCopy .Values.config }}
{{- $log := merge (dict "format" "json") (default dict $sections.log) }}
{{- $_ := set $sections "log" (merge (default dict $sections.log) $log) }}
{{- if .Values.knowledge.overlay.existingConfigMap }}
{{- $_ := set $sections "knowledge" (merge (dict "overlay" "/etc/gaitkeeper/overlay") (default dict $sections.knowledge)) }}
{{- end }}
{{- if eq .Values.feedback.store "sqlite" }}
{{- $_ := set $sections "feedback" (merge (dict "database" "/var/lib/gaitkeeper/feedback.sqlite") (default dict $sections.feedback)) }}
{{- end }}
{{- with .Values.traces }}
{{- if .endpoint }}
{{- $telemetry := dict "otlp_endpoint" .endpoint }}
{{- if .internal }}
{{- $_ := set $telemetry "otlp_internal_hosts" (list (regexReplaceAll ":[0-9]+$" (urlParse .endpoint).host "")) }}
{{- end }}
{{- if .headers.existingSecret }}
{{- $_ := set $telemetry "otlp_headers_file" (printf "/etc/gaitkeeper/traces/%s" .headers.key) }}
{{- end }}
{{- $_ := set $sections "telemetry" (merge $telemetry (default dict $sections.telemetry)) }}
{{- end }}
{{- end }}
{{- if include "gaitkeeper.several" . }}
{{- $_ := set $sections "auth" (merge (default dict $sections.auth) (dict "used_tokens" "database")) }}
{{- end }}
{{- range $section, $settings := $sections }}

[{{ $section }}]
{{- range $name, $value := $settings }}
{{ $name }} = {{ include "gaitkeeper.toml" $value }}
{{- end }}
{{- end }}
{{- range .Values.clients }}

[[clients]]
{{- range $name, $value := . }}
{{ $name }} = {{ include "gaitkeeper.toml" $value }}
{{- end }}
{{- end }}
{{ end -}}

{{- /* The port of the receiver of traces. */ -}}
{{- define "gaitkeeper.tracesPort" -}}
{{- $url := urlParse .Values.traces.endpoint -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- default (ternary "443" "80" (eq $url.scheme "https")) $port -}}
{{- end -}}

{{- /* A size in whole MiB, of Kubernetes (`512Mi`) or of the settings (`16 MiB`); nothing where it has another unit. */}}
{{- define "gaitkeeper.mebibytes" -}}
{{- if regexMatch "^[0-9]+ ?MiB?$" . }}{{ regexFind "^[0-9]+" . }}{{ end -}}
{{- if regexMatch "^[0-9]+ ?GiB?$" . }}{{ mul 1024 (int (regexFind "^[0-9]+" .)) }}{{ end -}}
{{- end }}
