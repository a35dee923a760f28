"""Writes monitoring/exporters.tsv: the metrics of the exporters, taken from real scrapes.

Needs DATABASE_URL (an administrator of a Postgres) and REDIS_URL, for example those of `./stack servers`.
One line a metric: job, name as queries use it, type, labels.
"""

import http.server
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "monitoring" / "exporters.tsv"
# Families that an operator of Tessera needs. Exporters have hundreds more.
WANTED = {
    "node": r"node_(cpu_seconds|memory_(MemTotal|MemAvailable|Swap)|filesystem_(avail|size|readonly|files)|disk_(io_time|read_bytes|written_bytes)"
    r"|network_(receive|transmit)_(bytes|errs)|load|timex_offset|timex_sync|boot_time|vmstat_oom|pressure|time_seconds|uname)",
    "postgres": r"pg_(up|stat_activity|stat_database|database_size|locks|settings_max_connections|replication|stat_bgwriter|static|stat_archiver)",
    "redis": r"redis_(up|memory|connected_clients|blocked_clients|evicted|expired|keyspace|commands_processed|rejected|db_keys|aof|rdb|uptime|instance_info|slowlog|maxmemory|config_maxmemory)",
    "traefik": r"traefik_",
    "prometheus": r"prometheus_(tsdb_head_series|notifications|rule_evaluation_failures|config_last_reload_successful|config_last_reload_success_timestamp)",
}


def scrape(url):
    for _ in range(100):
        try:
            return urllib.request.urlopen(url, timeout=5).read().decode()
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"no scrape at {url}")


def families(text):
    """name -> (type, labels) of a scrape, histograms by their three names."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    found = {}
    for name, labels in re.findall(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$", text, re.M):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        kind = kinds.get(name) or kinds.get(base) or kinds.get(re.sub(r"_total$", "", name)) or "untyped"
        names = set(re.findall(r'([a-zA-Z_]\w*)="', labels or ""))
        old = found.get(name, (kind, set()))
        found[name] = (kind, old[1] | names)
    return found


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def main():
    folder = Path(tempfile.mkdtemp())
    (folder / "traefik-routes.yml").write_text(
        "http:\n  routers:\n    all: { rule: 'PathPrefix(`/`)', service: one, entryPoints: [web, websecure], tls: {} }\n"
        "  services:\n    one: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:39180' }] } }\n"
        "tls:\n  certificates: [{ certFile: cert.pem, keyFile: key.pem }]\n"
    )
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )
    (folder / "prometheus.yml").write_text("global: {}\n")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 39180), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    redis = os.environ["REDIS_URL"]
    commands = {
        "node": (["prometheus-node-exporter", "--web.listen-address=127.0.0.1:39100"], "http://127.0.0.1:39100/metrics"),
        "postgres": (["prometheus-postgres-exporter", "--web.listen-address=127.0.0.1:39187"], "http://127.0.0.1:39187/metrics"),
        "redis": (["prometheus-redis-exporter", "--web.listen-address=127.0.0.1:39121", f"--redis.addr={redis}"], "http://127.0.0.1:39121/metrics"),
        "traefik": (
            ["traefik", "--entryPoints.web.address=127.0.0.1:39181", "--entryPoints.websecure.address=127.0.0.1:39443",
             "--entryPoints.metrics.address=127.0.0.1:39182", "--metrics.prometheus.entryPoint=metrics",
             "--metrics.prometheus.addEntryPointsLabels", "--metrics.prometheus.addServicesLabels",
             f"--providers.file.filename={folder}/traefik-routes.yml"],
            "http://127.0.0.1:39182/metrics",
        ),
        "prometheus": (
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb", "--web.listen-address=127.0.0.1:39190"],
            "http://127.0.0.1:39190/metrics",
        ),
    }
    lines = []
    for job, (command, url) in commands.items():
        env = dict(os.environ, DATA_SOURCE_NAME=os.environ["DATABASE_URL"])
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            scrape(url)
            if job == "traefik":
                time.sleep(1)
                subprocess.run(["curl", "-sk", "https://127.0.0.1:39443/"], stdout=subprocess.DEVNULL, check=False)
                time.sleep(1)
            time.sleep(1)
            found = families(scrape(url))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
        wanted = re.compile(WANTED[job])
        for name in sorted(found):
            if wanted.match(name):
                kind, labels = found[name]
                lines.append("\t".join([job, name, kind, ",".join(sorted(labels))]))
    versions = "Debian 12: prometheus 2.42.0, node 1.5.0, postgres 0.11.1, redis 1.45.0; traefik 3.7.15"
    OUT.write_text(f"# Metrics of the exporters, written by `deploy/check record` from real scrapes. {versions}\n" + "\n".join(lines) + "\n")
    print(f"{OUT}: {len(lines)} metrics")


main()
