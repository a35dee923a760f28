"""The chart: helm lint and template, the result against the schemas of Kubernetes, and what no schema says; and the SpinApp."""

import itertools
import re
import tempfile
from pathlib import Path

import yaml

import values_schema
from common import DEPLOY, ROOT, passes, read, run, variables_of_host, variables_of_spin_toml, variables_of_worker

CHART = DEPLOY / "helm" / "tessera"
# The chart's files, which helm takes from its own folder only.
COPIES = {
    "alerts.yml": DEPLOY / "monitoring" / "alerts.yml", "backup-daily": DEPLOY / "backup" / "daily", "redis-users": DEPLOY / "redis" / "users", "redis-setup": DEPLOY / "redis" / "setup",
    "redis-functions.lua": ROOT / "crates/platform/src/redis/functions.lua",
}
KUBERNETES = "1.34"
OTHERS = {"ServiceMonitor", "PrometheusRule", "ScaledObject", "SpinApp", "SpinAppExecutor"}
# Settings with which the chart is rendered: the defaults, everything on, as little as possible.
CASES = {
    "defaults": {},
    "everything": {
        "host": {
            "config": (ROOT / "local-stack.toml").read_text(), "variables": {"chat_url": "https://models.example.org/v1", "chat_origin": "https://models.example.org:443"},
            "autoscaling": {"inFlight": {"enabled": True}},
        },
        "worker": {"autoscaling": {"mode": "keda"}, "env": {"TESSERA_WORKER_LONG_JOBS": 8}, "envFrom": ["tessera-mail"]},
        "traces": {"endpoint": "http://tempo.monitoring:4318", "samplingRatio": 0.1},
        "postgres": {"caSecret": "tessera-pg-ca"}, "redis": {"scheme": "rediss", "caSecret": "tessera-redis-ca"},
        "monitoring": {"serviceMonitor": True, "rules": True, "labels": {"release": "prometheus"}},
        "ingress": {"className": "nginx", "annotations": {"nginx.ingress.kubernetes.io/proxy-buffering": "off"}},
        "backup": {"claim": "backups-of-ours", "keep": 14}, "imagePullSecrets": [{"name": "pull"}],
    },
    "little": {
        "host": {"autoscaling": {"enabled": False}}, "worker": {"autoscaling": {"mode": "none"}}, "migrate": {"enabled": False}, "backup": {"enabled": False}, "redis": {"setup": {"enabled": False}},
        "ingress": {"enabled": False}, "networkPolicy": {"enabled": False}, "podDisruptionBudget": {"enabled": False},
    },
}


def check(report):
    for copy, source in COPIES.items():
        report.expect((CHART / "files" / copy).read_text() == source.read_text(), f"the chart's files/{copy} is out of date: deploy/check sync")
    report.expect(values_schema.FILE.read_text() == values_schema.text(), "values.schema.json is out of date: deploy/check sync")
    for wrong in ("host.replica=3", "postgres.sslmode=verify-ca", "redis.scheme=http", "worker.replicas=two"):
        code, output = run("helm", "template", "t", CHART, "--set", wrong)
        report.expect(code != 0 and "schema" in output, f"the chart takes {wrong}")
    with tempfile.TemporaryDirectory() as folder:
        for name, values in CASES.items():
            file = Path(folder, f"{name}.yaml")
            file.write_text(yaml.safe_dump(values))
            passes(report, f"helm lint: {name}", "helm", "lint", "--strict", CHART, "-f", file)
            code, output = run("helm", "template", "t", CHART, "-n", "tessera", "-f", file)
            if not report.expect(code == 0, f"helm template: {name}\n{output}"):
                continue
            made = [one for one in yaml.safe_load_all(output) if one]
            schemas(report, name, made, Path(folder))
            meaning(report, name, made)
    spinkube(report)


def schemas(report, name, made, folder):
    core = [one for one in made if one["kind"] not in OTHERS]
    file = folder / f"{name}-made.yaml"
    file.write_text(yaml.safe_dump_all(core))
    passes(report, f"{name}: {len(core)} objects fit the schemas of Kubernetes {KUBERNETES}", "kubernetes-validate", "-k", KUBERNETES, "--strict", file)


def pods(made):
    """Pod templates: name, labels, spec."""
    for one in made:
        if one["kind"] in ("Deployment", "Job"):
            template = one["spec"]["template"]
        elif one["kind"] == "CronJob":
            template = one["spec"]["jobTemplate"]["spec"]["template"]
        else:
            continue
        yield one["metadata"]["name"], template["metadata"]["labels"], template["spec"]


def matches(selector, labels):
    wanted = selector.get("matchLabels", selector) if isinstance(selector, dict) else {}
    return all(labels.get(key) == value for key, value in wanted.items())


def meaning(report, case, made):
    wrong = len(report.wrong)
    found = list(pods(made))
    expect = lambda good, text: report.expect(good, f"{case}: {text}")
    kinds = {}
    for one in made:
        kinds.setdefault(one["kind"], []).append(one)
        expect(one["apiVersion"] and one["metadata"]["name"], f"{one['kind']} without a name")
    for name, labels, spec in found:
        secure = spec["securityContext"]
        expect(secure["runAsNonRoot"] and secure["runAsUser"] == 65532 and spec["automountServiceAccountToken"] is False, f"{name} may be root, or has a token")
        for container in spec["containers"]:
            mine = container["securityContext"]
            expect(mine["readOnlyRootFilesystem"] and not mine["allowPrivilegeEscalation"] and mine["capabilities"] == {"drop": ["ALL"]}, f"{name} is not closed")
            expect("memory" in container["resources"]["limits"] and container["resources"]["requests"], f"{name} has no limits")
            expect(":" in container["image"] and not container["image"].endswith(":latest"), f"{name}: an image without a version")
            names = {one["name"] for one in container.get("env", [])}
            spin = {"SPIN_VARIABLE_" + one.upper() for one in variables_of_spin_toml()}
            if labels["app.kubernetes.io/component"] == "host":
                unknown = names - spin - variables_of_host()
            elif labels["app.kubernetes.io/component"] in ("worker", "migrate"):
                unknown = names - variables_of_worker()
            else:
                unknown = set()
            expect(not unknown, f"{name}: no such variables: {sorted(unknown)}")
            ports = {one["name"] for one in container.get("ports", [])}
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                if ports:
                    expect(container.get(kind, {}).get("httpGet", {}).get("port") in ports, f"{name} has no {kind}")
        if case != "little":
            expect(any(matches(one["spec"]["podSelector"], labels) and one["spec"].get("egress") for one in kinds["NetworkPolicy"]), f"no NetworkPolicy for {name}")
    for one in kinds.get("Deployment", []):
        name, spec = one["metadata"]["name"], one["spec"]["template"]["spec"]
        expect(matches(one["spec"]["selector"], one["spec"]["template"]["metadata"]["labels"]), f"{name} does not select its own pods")
        expect(len(spec["topologySpreadConstraints"]) == 2, f"{name} is not spread")
        expect("replicas" not in one["spec"] or case == "little", f"{name} fights with its autoscaler")
        if case != "little":
            expect(any(budget["spec"]["selector"]["matchLabels"].items() <= one["spec"]["template"]["metadata"]["labels"].items() for budget in kinds["PodDisruptionBudget"]), f"{name} has no budget")
    host = next(spec for _name, labels, spec in found if labels["app.kubernetes.io/component"] == "host")
    drain = int(next(one["value"] for one in host["containers"][0]["env"] if one["name"] == "TESSERA_DRAIN_SECONDS"))
    waits = host["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    expect(host["terminationGracePeriodSeconds"] > drain + waits, "a host is killed before it has drained")
    for service, kind in itertools.product(kinds["Service"], ("Deployment",)):
        target = [one for one in kinds[kind] if matches(service["spec"]["selector"], one["spec"]["template"]["metadata"]["labels"])]
        expect(len(target) == 1, f"Service {service['metadata']['name']} selects {len(target)} deployments")
        names = {one["name"] for item in target for container in item["spec"]["template"]["spec"]["containers"] for one in container["ports"]}
        expect({one["targetPort"] for one in service["spec"]["ports"]} <= names, f"Service {service['metadata']['name']} names an unknown port")
    for policy in kinds.get("NetworkPolicy", []):
        expect(any(matches(policy["spec"]["podSelector"], labels) for _name, labels, _spec in found), f"NetworkPolicy {policy['metadata']['name']} selects nothing")
        for rule in policy["spec"].get("ingress", []):
            expect(rule.get("from") and rule.get("ports"), f"NetworkPolicy {policy['metadata']['name']} is open")
    for monitor in kinds.get("ServiceMonitor", []):
        services = [one for one in kinds["Service"] if matches(monitor["spec"]["selector"], one["metadata"]["labels"])]
        ports = {port["name"] for one in services for port in one["spec"]["ports"]}
        expect(len(services) == 1 and all(one["port"] in ports for one in monitor["spec"]["endpoints"]), f"ServiceMonitor {monitor['metadata']['name']} finds no service")
    for rule in kinds.get("PrometheusRule", []):
        expect(rule["spec"] == yaml.safe_load((DEPLOY / "monitoring" / "alerts.yml").read_text()), "the rules differ from alerts.yml")
    dumps = [one["spec"]["jobTemplate"]["spec"]["template"]["spec"] for one in kinds.get("CronJob", [])]
    expect(len(dumps) == (case != "little"), f"{len(dumps)} backups are scheduled")
    for spec in dumps:
        claim = next(one["persistentVolumeClaim"]["claimName"] for one in spec["volumes"] if one["name"] == "backups")
        made_here = [one["metadata"]["name"] for one in kinds.get("PersistentVolumeClaim", [])]
        expect(claim == "backups-of-ours" if case == "everything" else made_here == [claim], f"the backup writes into {claim}, made are {made_here}")
    if case == "everything":
        trusting = [name for name, _labels, spec in found if {"postgres-ca", "redis-ca"} <= {one["name"] for one in spec.get("volumes", [])}]
        expect(len(trusting) == 4, f"only {trusting} get the authorities of Postgres and Redis")
        mounted = [one["secret"]["items"] for _name, _labels, spec in found for one in spec.get("volumes", []) if one["name"].endswith("-ca")]
        expect(all(items == [{"key": "ca.crt", "path": "ca.crt"}] for items in mounted), "a Secret of an authority is mounted whole: it may hold a key")
        expect(all(kind in kinds for kind in ("ServiceMonitor", "PrometheusRule", "ScaledObject")), "monitoring or KEDA are missing")
    if len(report.wrong) == wrong:
        report.ok(f"{case}: users, limits, probes, spread, budgets, policies, drain and selectors are as they should be")


def spinkube(report):
    made = [one for one in yaml.safe_load_all((DEPLOY / "spinkube" / "tessera.yaml").read_text()) if one]
    app = next(one for one in made if one["kind"] == "SpinApp")
    executor = next(one for one in made if one["kind"] == "SpinAppExecutor")
    given = {one["name"]: one for one in app["spec"]["variables"]}
    declared = variables_of_spin_toml()
    missing = {name for name, must in declared.items() if must} - set(given)
    wrong = report.expect(not missing, f"SpinApp: required variables of spin.toml are missing: {sorted(missing)}")
    wrong &= report.expect(set(given) <= set(declared), f"SpinApp: no such variables: {sorted(set(given) - set(declared))}")
    wrong &= report.expect(app["spec"]["executor"] == executor["metadata"]["name"], "SpinApp: another executor")
    secret = [name for name, one in given.items() if "value" in one and re.search("password|_key", name) and "public" not in name]
    wrong &= report.expect(not secret, f"SpinApp holds secrets: {secret}")
    if wrong:
        report.ok(f"the SpinApp sets the {len(declared) - sum(not must for must in declared.values())} required variables of spin.toml, secrets from a Secret")
