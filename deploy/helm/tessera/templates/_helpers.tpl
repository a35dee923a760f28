{{- define "tessera.labels" -}}
app.kubernetes.io/name: tessera
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "tessera.selector" -}}
app.kubernetes.io/name: tessera
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "tessera.name" -}}
{{ printf "%s-%s" .root.Release.Name .component | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "tessera.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "tessera.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{- define "tessera.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "tessera.selector" . | nindent 8 }}
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "tessera.selector" . | nindent 8 }}
{{- end }}

{{- /* Where the authorities of Postgres and Redis are mounted; only their ca.crt, because such a Secret may hold a key, too. */}}
{{- define "tessera.authorities.env" -}}
{{- if .Values.postgres.caSecret }}
- { name: TESSERA_PG_CA, value: /run/authorities/postgres/ca.crt }
{{- end }}
{{- if .Values.redis.caSecret }}
- { name: TESSERA_REDIS_CA, value: /run/authorities/redis/ca.crt }
{{- end }}
{{- end }}

{{- define "tessera.authorities.mounts" -}}
{{- if .Values.postgres.caSecret }}
- { name: postgres-ca, mountPath: /run/authorities/postgres, readOnly: true }
{{- end }}
{{- if .Values.redis.caSecret }}
- { name: redis-ca, mountPath: /run/authorities/redis, readOnly: true }
{{- end }}
{{- end }}

{{- define "tessera.authorities.volumes" -}}
{{- range $name, $secret := dict "postgres-ca" .Values.postgres.caSecret "redis-ca" .Values.redis.caSecret }}
{{- if $secret }}
- name: {{ $name }}
  secret: { secretName: {{ $secret }}, defaultMode: 0440, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- end }}
{{- end }}
