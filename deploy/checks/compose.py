"""The Compose file: its schema, its tiers, limits and secrets; and Traefik with its configuration, asked over TLS."""

import json
import re
import shutil
import ssl
import tempfile
import time
from pathlib import Path

import yaml

import proxy
import redis_users
from common import DEPLOY, passes, run, variables_of_host, variables_of_spin_toml, variables_of_worker

FOLDER = DEPLOY / "compose"
TIERS = {"edge": False, "app": True, "data": True, "monitoring": True, "outside": False}
# Who may be in the tier of the data.
DATA = {"postgres", "redis", "host-1", "host-2", "worker", "migrate", "backup", "redis-functions", "postgres-exporter", "redis-exporter"}


def check(report):
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    for file in ("compose.yaml", "external.yaml"):
        schema(report, file)
    external(report, compose)
    tiers(report, compose)
    limits(report, compose)
    with tempfile.TemporaryDirectory() as folder:
        secrets(report, compose, Path(folder))
    scraped(report, compose)
    report.expect(redis_users.FILE.read_text() == redis_users.text(), "redis/users is out of date: deploy/check sync")
    traefik(report, compose)


def external(report, compose):
    """The stores of others: every variable exists, and every service is one of compose.yaml."""
    wrong = len(report.wrong)
    services = yaml.safe_load((FOLDER / "external.yaml").read_text())["services"]
    report.expect(set(services) <= set(compose["services"]), "external.yaml changes a service that compose.yaml does not have")
    spin = {"SPIN_VARIABLE_" + name.upper() for name in variables_of_spin_toml()}
    for name, one in services.items():
        known = spin | variables_of_host() if name.startswith("host-") else variables_of_worker()
        unknown = set(one.get("environment", {})) - known
        report.expect(not unknown, f"external.yaml, {name}: no such variables: {sorted(unknown)}")
    waited = {to: one.get("required", True) for service in services.values() for to, one in service.get("depends_on", {}).items()}
    report.expect(not any(required for to, required in waited.items() if "profiles" in services.get(to, {})), "external.yaml waits for a service that it does not start")
    if len(report.wrong) == wrong:
        report.ok("external.yaml: its services, variables and what they wait for exist")


def schema(report, file):
    # dclint also has opinions about order and quotes, which are not ours.
    with tempfile.TemporaryDirectory() as folder:
        run("dclint", "--formatter", "json", "--output-file", f"{folder}/found.json", file, cwd=FOLDER)
        found = json.loads(Path(folder, "found.json").read_text())[0]["messages"]
    faults = [f"{one['line']}: {one['message']}" for one in found if one["rule"] in ("invalid-schema", "invalid-yaml", "no-duplicate-container-names", "no-duplicate-exported-ports")]
    for fault in faults:
        report.bad(f"{file}:{fault}")
    if not faults:
        report.ok(f"{file} fits the Compose schema (dclint)")
    if shutil.which("docker") and run("docker", "compose", "version")[0] == 0:
        files = dict.fromkeys(("compose.yaml", file))
        environment = {name: "x" for one in files for name in re.findall(r"\$\{(\w+):\?\}", (FOLDER / one).read_text())}
        named = [word for one in files for word in ("-f", one)]
        passes(report, f"docker compose config: {file}", "docker", "compose", *named, "config", "--quiet", "--no-env-resolution", cwd=FOLDER, env=environment)
    else:
        report.skip(f"docker compose config: no Compose plugin here ({file})")


def tiers(report, compose):
    services, networks = compose["services"], compose["networks"]
    wrong = len(report.wrong)
    report.expect({name: bool((one or {}).get("internal")) for name, one in networks.items()} == TIERS, "the networks differ from edge, app, data, monitoring, outside")
    report.expect({name for name, one in services.items() if "data" in one["networks"]} == DATA, "another service is in the tier data")
    report.expect(services["postgres"]["networks"] == services["redis"]["networks"] == ["data"], "the servers of the data are in another tier")
    report.expect("data" not in services["traefik"]["networks"], "the proxy reaches the data")
    for name, one in services.items():
        for port in one.get("ports", []):
            report.expect(name == "traefik" or port.startswith("127.0.0.1:"), f"{name} publishes {port}")
        mounted = " ".join(map(str, one.get("volumes", [])))
        report.expect("docker.sock" not in mounted, f"{name} can command Docker")
    if len(report.wrong) == wrong:
        report.ok("tiers: only Traefik is reached from outside, and only what needs the data reaches them")


def limits(report, compose):
    wrong = len(report.wrong)
    for name, one in compose["services"].items():
        for key in ("mem_limit", "cpus", "pids_limit", "logging", "restart", "read_only", "cap_drop", "security_opt"):
            report.expect(one.get(key), f"{name} has no {key}")
        report.expect(not one.get("privileged"), f"{name} is privileged")
        report.expect(not one["image"].endswith(":latest"), f"{name}: an image named latest")
    for name in ("host-1", "host-2", "worker", "migrate", "backup"):
        report.expect(compose["services"][name]["user"] == "65532:65532", f"{name} has another user than its image")
    # The budget of each host, and 70 for each worker (docs/operations.md, "Several hosts").
    budgets = [int(compose["services"][name]["environment"]["TESSERA_PG_BUDGET"]) for name in ("host-1", "host-2")]
    needed = sum(budgets) + 2 * 70
    allowed = int(next(one for one in compose["services"]["postgres"]["command"] if "max_connections" in one).split("=")[1])
    report.expect(allowed > needed, f"postgres allows {allowed} connections; two hosts and two workers open up to {needed}")
    if len(report.wrong) == wrong:
        report.ok(f"{len(compose['services'])} services have limits, no capabilities to speak of and a read-only root")


def secrets(report, compose, folder):
    wrong = len(report.wrong)
    made = passes(report, "deploy/secrets", "sh", DEPLOY / "secrets", folder / "secrets", env={"WORKER": "printf %s\\n abc #"})
    if "secrets in" not in made:
        return
    before = {file: file.read_bytes() for file in (folder / "secrets").rglob("*") if file.is_file()}
    run("sh", DEPLOY / "secrets", folder / "secrets", env={"WORKER": "false"})
    report.expect(all(file.read_bytes() == old for file, old in before.items()), "deploy/secrets changes what exists when it runs again")
    for name, secret in compose["secrets"].items():
        report.expect((folder / secret["file"]).is_file(), f"deploy/secrets does not make {secret['file']} ({name})")
    required = {name for name, must in variables_of_spin_toml().items() if must}
    known = {"SPIN_VARIABLE_" + name.upper() for name in variables_of_spin_toml()}
    for name in ("host-1", "host-2"):
        have = set(compose["services"][name]["secrets"])
        report.expect(have == required, f"{name}: secrets differ from the required variables of spin.toml: {sorted(have ^ required)}")
    for name, one in compose["services"].items():
        names = set(one.get("environment", {}))
        for entry in one.get("env_file", []):
            file = folder / entry["path"]
            if report.expect(file.is_file() or entry.get("required") is False, f"deploy/secrets does not make {entry['path']} ({name})") and file.is_file():
                names |= {line.split("=", 1)[0] for line in file.read_text().splitlines()}
        if name.startswith("host-"):
            report.expect(names <= known | variables_of_host(), f"{name}: no such variables: {sorted(names - known - variables_of_host())}")
        if name in ("worker", "migrate", "backup"):
            report.expect(names <= variables_of_worker(), f"{name}: no such variables: {sorted(names - variables_of_worker())}")
    text = (FOLDER / "compose.yaml").read_text()
    report.expect(not re.search(r"(PASSWORD|KEY|TOKEN)\w*: *[\"']?[A-Za-z0-9]{8,}", text), "compose.yaml holds a secret")
    if len(report.wrong) == wrong:
        report.ok("deploy/secrets makes every file that is mounted, and every variable exists in spin.toml, host and worker")


def scraped(report, compose):
    config = yaml.safe_load((DEPLOY / "monitoring" / "prometheus.yml").read_text())
    names = set()
    for job in config["scrape_configs"]:
        names |= {name for found in job.get("dns_sd_configs", []) for name in found["names"]}
        names |= {target.split(":")[0] for found in job.get("static_configs", []) for target in found["targets"]}
    names -= {"localhost"}
    missing = [name for name in sorted(names) if "monitoring" not in compose["services"].get(name, {"networks": []})["networks"]]
    if report.expect(not missing, f"prometheus.yml scrapes {', '.join(missing)}, which are not in the tier monitoring"):
        report.ok("what Prometheus scrapes are services of the tier monitoring")


def traefik(report, compose):
    hosts = [proxy.Host("one"), proxy.Host("two")]
    with tempfile.TemporaryDirectory() as folder:
        with proxy.running(compose, hosts, folder) as running:
            ask(report, running)
        errors = [line for line in running.log.read_text().splitlines() if '"level":"error"' in line or "command traefik error" in line]
        if report.expect(not errors, "Traefik: " + "\n".join(errors)):
            report.ok("Traefik takes its configuration: TLS 1.3 only, HSTS, /internal closed, the client's address passed on")


def ask(report, running):
    answer = ""
    for _ in range(100):
        try:
            answer = running.request("/api/v1/health?x=1")
            if answer.startswith("HTTP/1.1 200"):
                break
        except OSError:
            pass
        time.sleep(0.1)
    report.expect(answer.startswith("HTTP/1.1 200"), f"Traefik does not reach the host: {answer[:200]}")
    report.expect("max-age=63072000; includeSubDomains" in answer, "Traefik sends no HSTS")
    report.expect('"from": "127.0.0.1"' in answer, f"a client's own X-Forwarded-For is passed on: {answer[-200:]}")
    report.expect(running.request("/internal/tick").startswith("HTTP/1.1 404"), "/internal is open at the proxy")
    try:
        running.request("/", ssl.TLSVersion.TLSv1_2)
        report.bad("Traefik takes TLS 1.2")
    except ssl.SSLError:
        pass
