"""The Grafana dashboards, in short; `python3 dashboards.py` writes dashboards/*.json from them.

A panel is (title, unit, [(query, legend), ...]) and, where it differs from lines over time, a kind. `deploy/check monitoring`
parses every query and knows every metric and label in it.
"""

import json
from pathlib import Path

OUT = Path(__file__).resolve().parent / "dashboards"
HOST = 'job="tessera-host"'


def p95(metric, by, where=""):
    return f"histogram_quantile(0.95, sum by ({by}, le) (rate({metric}_bucket{{{where}}}[$__rate_interval])))"


def rate(metric, by, where=""):
    return f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"


def queue(metric, by, where):
    """Every worker counts the whole queue: once is enough."""
    return f"sum by ({by}) (max by (kind, lane, status) ({metric}{{{where}}}))"


def models(metric, by, label, where=""):
    """Calls of models: every worker counts all of them, so once is enough."""
    return f"sum by ({by}) (max by (model, {label}) (rate({metric}{{{where}}}[$__rate_interval])))"


def by_model(metric):
    return f"max by (model) (rate({metric}[$__rate_interval]))"


def first_by_model(metric):
    return f"histogram_quantile(0.95, max by (model, le) (rate({metric}_bucket[$__rate_interval])))"


DISK = 'fstype!~"tmpfs|overlay|squashfs|ramfs"'
DASHBOARDS = {
    "system": (
        "Tessera: system",
        "Machines, proxy and what answers.",
        [
            ("Answering", "short", [("sum by (job) (up)", "{{job}}")], "stat"),
            ("Alerts that fire", "short", [('sum by (alertname, severity) (ALERTS{alertstate="firing",alertname!="TesseraWatchdog"})', "{{severity}} {{alertname}}")], "table"),
            ("Processors", "percentunit", [('1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))', "{{instance}}")]),
            ("Waiting for processors, disks and memory", "percentunit", [
                ("rate(node_pressure_cpu_waiting_seconds_total[$__rate_interval])", "{{instance}} processor"),
                ("rate(node_pressure_io_waiting_seconds_total[$__rate_interval])", "{{instance}} disk"),
                ("rate(node_pressure_memory_waiting_seconds_total[$__rate_interval])", "{{instance}} memory"),
            ]),
            ("Memory in use", "percentunit", [("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "{{instance}}")]),
            ("Processes ended for their memory", "short", [("increase(node_vmstat_oom_kill[$__rate_interval])", "{{instance}}")]),
            ("Disk left", "percentunit", [(f"node_filesystem_avail_bytes{{{DISK}}} / node_filesystem_size_bytes{{{DISK}}}", "{{instance}} {{mountpoint}}")]),
            ("Disk", "Bps", [
                ("rate(node_disk_read_bytes_total[$__rate_interval])", "{{instance}} {{device}} read"),
                ("rate(node_disk_written_bytes_total[$__rate_interval])", "{{instance}} {{device}} written"),
            ]),
            ("Network", "Bps", [
                ('rate(node_network_receive_bytes_total{device!="lo"}[$__rate_interval])', "{{instance}} {{device}} in"),
                ('rate(node_network_transmit_bytes_total{device!="lo"}[$__rate_interval])', "{{instance}} {{device}} out"),
            ]),
            ("Clock", "s", [("node_timex_offset_seconds", "{{instance}}")]),
            ("Proxy: responses", "reqps", [(rate("traefik_entrypoint_requests_total", "code", 'entrypoint="websecure"'), "{{code}}")]),
            ("Certificates end in", "s", [("max by (cn) (traefik_tls_certs_not_after) - time()", "{{cn}}")], "stat"),
        ],
    ),
    "service-health": (
        "Tessera: service health",
        "Requests by component and route, instances, refusals.",
        [
            ("Requests", "reqps", [(rate("tessera_http_requests_total", "component"), "{{component}}")]),
            ("Failed (5xx)", "percentunit", [('sum by (component) (rate(tessera_http_requests_total{status=~"5.."}[$__rate_interval])) / sum by (component) (rate(tessera_http_requests_total[$__rate_interval]))', "{{component}}")]),
            ("Time to the response's head, p95", "s", [(p95("tessera_http_request_seconds", "component"), "{{component}}")]),
            ("Slowest routes, p95", "s", [("topk(10, " + p95("tessera_http_request_seconds", "component, method, route") + ")", "{{method}} {{route}}")]),
            ("Responses by status", "reqps", [(rate("tessera_http_requests_total", "status"), "{{status}}")]),
            ("Refused", "reqps", [(rate("tessera_http_requests_refused_total", "reason"), "{{reason}}")]),
            ("In flight, with open streams", "short", [("sum by (instance) (tessera_http_requests_in_flight)", "{{instance}}")]),
            ("Connections of clients", "short", [("sum by (instance) (tessera_http_connections)", "{{instance}}")]),
            ("Instances", "short", [("sum by (component) (tessera_instances)", "{{component}}")]),
            ("Instances that ended, not for being unused", "short", [('sum by (component, reason) (increase(tessera_instances_ended_total{reason!="unused"}[$__rate_interval]))', "{{component}} {{reason}}")]),
            ("Instances made", "short", [(rate("tessera_instances_started_total", "component"), "{{component}}")]),
            ("Spans of traces", "ops", [(rate("tessera_trace_spans_total", "job, outcome"), "{{job}} {{outcome}}")]),
            ("Most asked routes", "reqps", [("topk(10, " + rate("tessera_http_requests_total", "method, route") + ")", "{{method}} {{route}}")]),
        ],
    ),
    "database": (
        "Tessera: database",
        "Postgres, and the pools of the components.",
        [
            ("Postgres answers", "short", [("min by (instance) (pg_up)", "{{instance}}")], "stat"),
            ("Connections", "short", [
                ("sum by (state) (pg_stat_activity_count)", "{{state}}"),
                ("max(pg_settings_max_connections)", "limit"),
            ]),
            ("Pools: used", "short", [('sum by (component) (tessera_postgres_connections{state="used"})', "{{component}}")]),
            ("Pools: idle", "short", [('sum by (component) (tessera_postgres_connections{state="idle"})', "{{component}}")]),
            ("Pools: share in use", "percentunit", [('sum by (instance, component) (tessera_postgres_connections{state="used"}) / sum by (instance, component) (tessera_postgres_connections{state="limit"})', "{{instance}} {{component}}")]),
            ("Budget of a host: used and limit", "short", [
                ('sum by (instance) (tessera_postgres_budget{state="used"})', "{{instance}} used"),
                ('sum by (instance) (tessera_postgres_budget{state="limit"})', "{{instance}} limit"),
            ]),
            ("Requests that wait for the budget", "short", [('sum by (instance) (tessera_postgres_budget{state="waiting"})', "{{instance}}")]),
            ("Connections given up for others", "ops", [(rate("tessera_postgres_connections_given_up_total", "component"), "{{component}}")]),
            ("Transactions", "ops", [
                ('sum(rate(pg_stat_database_xact_commit{datname="tessera"}[$__rate_interval]))', "committed"),
                ('sum(rate(pg_stat_database_xact_rollback{datname="tessera"}[$__rate_interval]))', "rolled back"),
            ]),
            ("Read from memory", "percentunit", [('sum(rate(pg_stat_database_blks_hit{datname="tessera"}[$__rate_interval])) / (sum(rate(pg_stat_database_blks_hit{datname="tessera"}[$__rate_interval])) + sum(rate(pg_stat_database_blks_read{datname="tessera"}[$__rate_interval])))', "hits")]),
            ("Longest transaction", "s", [('max by (state) (pg_stat_activity_max_tx_duration{datname="tessera"})', "{{state}}")]),
            ("Deadlocks and conflicts", "short", [
                ('sum(increase(pg_stat_database_deadlocks{datname="tessera"}[$__rate_interval]))', "deadlocks"),
                ('sum(increase(pg_stat_database_conflicts{datname="tessera"}[$__rate_interval]))', "conflicts"),
            ]),
            ("Temporary files", "Bps", [('sum(rate(pg_stat_database_temp_bytes{datname="tessera"}[$__rate_interval]))', "written")]),
            ("Age of the newest verified backup", "s", [("time() - max(tessera_backup_taken_timestamp_seconds)", "age")], "stat"),
            ("Size of the newest verified backup", "bytes", [("max(tessera_backup_size_bytes)", "backup")]),
            ("Size", "bytes", [('max by (datname) (pg_database_size_bytes{datname="tessera"})', "{{datname}}")]),
            ("Rows changed", "ops", [
                ('sum(rate(pg_stat_database_tup_inserted{datname="tessera"}[$__rate_interval]))', "inserted"),
                ('sum(rate(pg_stat_database_tup_updated{datname="tessera"}[$__rate_interval]))', "updated"),
                ('sum(rate(pg_stat_database_tup_deleted{datname="tessera"}[$__rate_interval]))', "deleted"),
            ]),
        ],
    ),
    "cache": (
        "Tessera: cache",
        "Redis: sessions of sign-ins, limits, streams of events and answers, cached embeddings.",
        [
            ("Redis answers", "short", [("min by (instance) (redis_up)", "{{instance}}")], "stat"),
            ("Memory", "bytes", [("redis_memory_used_bytes", "used"), ("redis_memory_max_bytes", "limit")]),
            ("Hits of lookups", "percentunit", [("rate(redis_keyspace_hits_total[$__rate_interval]) / (rate(redis_keyspace_hits_total[$__rate_interval]) + rate(redis_keyspace_misses_total[$__rate_interval]))", "{{instance}}")]),
            ("Commands", "ops", [("rate(redis_commands_processed_total[$__rate_interval])", "{{instance}}")]),
            ("Clients", "short", [("redis_connected_clients", "connected"), ("redis_blocked_clients", "waiting for events or jobs")]),
            ("Keys", "short", [("sum by (db) (redis_db_keys)", "{{db}}"), ("sum by (db) (redis_db_keys_expiring)", "{{db}} that expire")]),
            ("Evicted (must be none) and expired", "ops", [("rate(redis_evicted_keys_total[$__rate_interval])", "evicted"), ("rate(redis_expired_keys_total[$__rate_interval])", "expired")]),
            ("Refused connections", "short", [("increase(redis_rejected_connections_total[$__rate_interval])", "{{instance}}")]),
        ],
    ),
    "queue": (
        "Tessera: queue",
        "Jobs by kind and lane, their age, and how attempts end.",
        [
            ("Queued", "short", [(queue("tessera_jobs", "lane", 'status="queued"'), "{{lane}}")]),
            ("Oldest queued job", "s", [('max by (lane) (tessera_job_oldest_seconds{status="queued"})', "{{lane}}")]),
            ("Running", "short", [(queue("tessera_jobs", "kind", 'status="running"'), "{{kind}}")]),
            ("Slots", "short", [("sum by (lane) (tessera_job_slots)", "{{lane}}")]),
            ("Dead", "short", [(queue("tessera_jobs", "kind", 'status="dead"'), "{{kind}}")], "stat"),
            ("The queue can be counted", "short", [("min by (instance) (tessera_queue_known)", "{{instance}}")], "stat"),
            ("Attempts that ended", "ops", [(rate("tessera_job_attempts_total", "outcome"), "{{outcome}}")]),
            ("Failed attempts", "short", [('sum by (kind, outcome) (increase(tessera_job_attempts_total{outcome=~"failed|transient|lease_lost"}[$__rate_interval]))', "{{kind}} {{outcome}}")]),
            ("Attempts, p95", "s", [(p95("tessera_job_attempt_seconds", "kind"), "{{kind}}")]),
            ("Stages of ingestion, p95", "s", [(p95("tessera_ingestion_stage_seconds", "stage"), "{{stage}}")]),
        ],
    ),
    "ai-use": (
        "Tessera: AI use",
        "Questions, models with their tokens, cost and failures, quotas, model servers and embedding. No metric names an organisation.",
        [
            ("Questions", "reqps", [
                ('sum(rate(tessera_http_requests_total{component="chat",method="POST",route="/api/v1/conversations/{conversation_id}/messages"}[$__rate_interval]))', "in conversations"),
                ('sum(rate(tessera_http_requests_total{component="openai",method="POST",route=~"/openai/v1/(chat/completions|responses)"}[$__rate_interval]))', "by OpenAI's API"),
            ]),
            ("Calls of models", "reqps", [(models("tessera_model_calls_total", "model", "outcome"), "{{model}}")]),
            ("Failed calls by kind", "reqps", [(models("tessera_model_calls_total", "outcome", "outcome", 'outcome!~"done|caller_gone"'), "{{outcome}}")]),
            ("Calls after the first of a question", "reqps", [(by_model("tessera_model_retries_total"), "{{model}}")]),
            ("Circuit breakers: 1 half-open, 2 open", "short", [("max by (model) (tessera_model_breaker)", "{{model}}")]),
            ("First text, p95", "s", [(first_by_model("tessera_model_first_token_seconds"), "{{model}}")]),
            ("Complete calls, p95", "s", [(first_by_model("tessera_model_call_seconds"), "{{model}}")]),
            ("Tokens by model", "short", [(models("tessera_model_tokens_total", "model", "kind", 'kind=~"prompt|completion"'), "{{model}}")]),
            ("Tokens by kind (cached and thoughts are parts)", "short", [(models("tessera_model_tokens_total", "kind", "kind"), "{{kind}}")]),
            ("Cost of a day at this pace", "currencyUSD", [(by_model("tessera_model_cost_nanodollars_total") + " * 86400 / 1e9", "{{model}}")]),
            ("Calls without a price", "reqps", [(by_model("tessera_model_unpriced_calls_total"), "{{model}}")]),
            ("Quotas nearly or quite used up", "short", [('max by (subject, measure, state) (tessera_quotas{state!="open"})', "{{subject}} {{measure}} {{state}}")]),
            ("Questions refused in the current periods", "short", [("max by (subject, measure) (tessera_quota_refusals)", "{{subject}} {{measure}}")]),
            ("Reservations", "short", [("max by (state) (tessera_quota_reservations)", "{{state}}")]),
            ("Alerts of quotas in a day", "short", [("max by (threshold) (tessera_quota_alerts)", "{{threshold}}")]),
            ("Searches", "reqps", [(rate("tessera_http_requests_total", "component", 'component="search"'), "{{component}}")]),
            ("Search, p95", "s", [(p95("tessera_http_request_seconds", "component", 'component="search"'), "{{component}}")]),
            ("Requests to model servers", "reqps", [(rate("tessera_outbound_requests_total", "server", 'component=~"chat|openai|gateway|search|admin"'), "{{server}}")]),
            ("Failed requests to model servers", "percentunit", [('sum by (server) (rate(tessera_outbound_requests_total{status=~"failed|5..|429"}[$__rate_interval])) / sum by (server) (rate(tessera_outbound_requests_total[$__rate_interval]))', "{{server}}")]),
            ("Head of model servers' responses, p95", "s", [(p95("tessera_outbound_request_seconds", "server", 'component=~"chat|openai|gateway|search|admin"'), "{{server}}")]),
            ("Chunks embedded", "ops", [(rate("tessera_embedded_texts_total", "model"), "{{model}}")]),
            ("A batch of chunks, p95", "s", [(p95("tessera_embedding_seconds", "model"), "{{model}}")]),
            ("Batches without vectors", "short", [("sum by (model) (increase(tessera_embedding_failures_total[$__rate_interval]))", "{{model}}")]),
            ("Statuses of model servers", "reqps", [(rate("tessera_outbound_requests_total", "server, status", 'component=~"chat|openai|gateway|search|admin"'), "{{server}} {{status}}")]),
        ],
    ),
    "security": (
        "Tessera: security",
        "Refused and denied requests, sign-ins, directories, operators, ended instances.",
        [
            ("Sign-ins by password", "reqps", [(rate("tessera_http_requests_total", "status", 'component="passwords",route="/api/v1/auth/login"'), "{{status}}")]),
            ("Sign-ins at providers", "reqps", [(rate("tessera_http_requests_total", "status", 'component="auth",route=~"/api/v1/auth/oidc/callback.*"'), "{{status}}")]),
            ("Forgotten passwords and invitations", "reqps", [(rate("tessera_http_requests_total", "route, status", 'component="passwords",route!="/api/v1/auth/login"'), "{{route}} {{status}}")]),
            ("Denied (401, 403)", "reqps", [(rate("tessera_http_requests_total", "component, status", 'status=~"401|403"'), "{{component}} {{status}}")]),
            ("Too many (429)", "reqps", [(rate("tessera_http_requests_total", "component", 'status="429"'), "{{component}}")]),
            ("Routes that answer 404 most", "reqps", [("topk(10, " + rate("tessera_http_requests_total", "component, route", 'status="404"') + ")", "{{component}} {{route}}")]),
            ("Operators (sysadmin)", "reqps", [(rate("tessera_http_requests_total", "method, route, status", 'component="sysadmin"'), "{{method}} {{route}} {{status}}")]),
            ("Directories (SCIM)", "reqps", [(rate("tessera_http_requests_total", "method, status", 'component="scim"'), "{{method}} {{status}}")]),
            ("Instances that trapped or looped", "short", [('sum by (component, reason) (increase(tessera_instances_ended_total{reason=~"trap|cpu_time"}[$__rate_interval]))', "{{component}} {{reason}}")]),
            ("Outbound requests that failed", "reqps", [(rate("tessera_outbound_requests_total", "component, server", 'status="failed"'), "{{component}} {{server}}")]),
            ("Certificates end in", "s", [("max by (cn) (traefik_tls_certs_not_after) - time()", "{{cn}}")], "stat"),
            ("TLS versions at the proxy", "reqps", [(rate("traefik_entrypoint_requests_tls_total", "tls_version, tls_cipher"), "{{tls_version}} {{tls_cipher}}")]),
        ],
    ),
    "tenants": (
        "Tessera: organisations",
        "How organisations share the installation. No metric names one: the administration's pages and the operator's API do.",
        [
            ("Refused: own share used up", "reqps", [(rate("tessera_http_requests_refused_total", "instance", 'reason="own_share"'), "{{instance}}")]),
            ("Refused: the host or component is full", "reqps", [(rate("tessera_http_requests_refused_total", "instance", 'reason="busy"'), "{{instance}}")]),
            ("Oldest queued job by kind", "s", [('max by (kind) (tessera_job_oldest_seconds{status="queued"})', "{{kind}}")]),
            ("Queued jobs by kind", "short", [(queue("tessera_jobs", "kind", 'status="queued"'), "{{kind}}")]),
            ("Operators change organisations", "short", [('sum by (method, route) (increase(tessera_http_requests_total{component="sysadmin",method!="GET",status=~"2.."}[$__rate_interval]))', "{{method}} {{route}}")]),
            ("Uploads", "reqps", [(rate("tessera_http_requests_total", "status", 'component="upload",method="POST"'), "{{status}}")]),
            ("Refused uploads (413, 429)", "reqps", [(rate("tessera_http_requests_total", "status", 'component="upload",status=~"413|429"'), "{{status}}")]),
            ("Open event streams and requests", "short", [("sum(tessera_http_requests_in_flight)", "in flight")]),
        ],
    ),
}


def panel(number, title, unit, queries, kind="timeseries"):
    width, height, columns = 12, 8, 2
    data = {"type": "prometheus", "uid": "${datasource}"}
    options = {
        "timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
        "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "textMode": "auto"},
        "table": {"showHeader": True},
    }[kind]
    targets = [
        {"datasource": data, "expr": expr, "legendFormat": legend, "refId": chr(65 + at), "instant": kind == "table", "range": kind != "table",
         **({"format": "table"} if kind == "table" else {})}
        for at, (expr, legend) in enumerate(queries)
    ]
    return {
        "id": number + 1,
        "title": title,
        "type": kind,
        "datasource": data,
        "gridPos": {"x": number % columns * width, "y": number // columns * height, "w": width, "h": height},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0} if kind == "timeseries" and unit != "s" else {"unit": unit}, "overrides": []},
        "options": options,
        "targets": targets,
    }


def dashboard(name):
    title, description, panels = DASHBOARDS[name]
    return {
        "uid": f"tessera-{name}",
        "title": title,
        "description": description,
        "tags": ["tessera"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "links": [{"type": "dashboards", "tags": ["tessera"], "asDropdown": True, "title": "Tessera", "keepTime": True}],
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"}]},
        "panels": [panel(number, *one) for number, one in enumerate(panels)],
    }


def text(name):
    return json.dumps(dashboard(name), indent=1) + "\n"


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for one in DASHBOARDS:
        (OUT / f"{one}.json").write_text(text(one))
