"""Prometheus, Alertmanager and Grafana: their own checks, and every metric and label of every query against what is exported."""

import json
import re
import sys

import promql_parser
import yaml

from common import DEPLOY, ROOT, passes, read

FOLDER = DEPLOY / "monitoring"
# Labels that Prometheus and Kubernetes add to every series.
ADDED = {"job", "instance", "namespace", "pod", "service"}
REGISTERED = re.compile(r'\br\.(counters|gauges|histograms|long_histograms)\(\s*"(\w+)",\s*"[^"]*",\s*\[([^\]]*)\]', re.S)


def exported():
    """name -> labels, of the sources of host and worker and of the exporters' scrapes."""
    known = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity"}}
    for source in ("local-stack/host/src/metrics.rs", "worker/src/metrics.rs", "worker/src/usage_metrics.rs"):
        found = REGISTERED.findall(read(source))
        if len(found) < 8:
            raise SystemExit(f"{source}: expected the registered metrics in their form, found {len(found)}")
        for kind, name, labels in found:
            labels = set(re.findall(r'"(\w+)"', labels))
            if kind == "counters":
                known[f"tessera_{name}_total"] = labels
            elif kind == "gauges":
                known[f"tessera_{name}"] = labels
            else:
                known[f"tessera_{name}_bucket"] = labels | {"le"}
                known[f"tessera_{name}_count"] = known[f"tessera_{name}_sum"] = labels
    for line in (FOLDER / "exporters.tsv").read_text().splitlines():
        if not line.startswith("#"):
            _job, name, _kind, labels = line.split("\t")
            known[name] = set(filter(None, labels.split(",")))
    return known


def nodes(node):
    """A parsed query, from above to below."""
    yield node
    for name in ("lhs", "rhs", "expr", "args", "param", "vector_selector"):
        for below in (lambda found: found if isinstance(found, list) else [found])(getattr(node, name, None)):
            if below is not None and type(below).__module__ == "builtins" and hasattr(below, "prettify"):
                yield from nodes(below)
            elif below is not None and type(below).__name__ in dir(promql_parser):
                yield from nodes(below)


def faults(query, known):
    """What is wrong with a query."""
    query = re.sub(r"\$__(rate_)?interval", "5m", query)
    try:
        tree = promql_parser.parse(query)
    except ValueError as error:
        return [f"{query}: {error}"]
    wrong, selectors = [], 0
    for node in nodes(tree):
        if type(node).__name__ == "VectorSelector":
            selectors += 1
            if node.name not in known:
                wrong.append(f"{node.name} is not exported: {query}")
                continue
            labels = known[node.name] | ADDED
            wrong += [f"{node.name} has no label {m.name}: {query}" for m in node.matchers.matchers if m.name not in labels]
        elif type(node).__name__ == "AggregateExpr" and node.modifier:
            inside = [known.get(below.name, set()) for below in nodes(node.expr) if type(below).__name__ == "VectorSelector"]
            have = set().union(*inside) | ADDED
            wrong += [f"no label {name} to aggregate by: {query}" for name in node.modifier.labels if name not in have]
    if not selectors and query != "vector(1)":
        wrong.append(f"no metric in: {query}")
    return wrong


def check(report):
    known = exported()
    rules = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    queries = [(f"alert {rule['alert']}", rule["expr"]) for rule in rules]
    sys.path.insert(0, str(FOLDER))
    import dashboards

    files = {file.stem for file in (FOLDER / "dashboards").glob("*.json")}
    report.expect(files == set(dashboards.DASHBOARDS), f"dashboards: expected {sorted(dashboards.DASHBOARDS)}, found {sorted(files)}")
    for name in sorted(files & set(dashboards.DASHBOARDS)):
        text = (FOLDER / "dashboards" / f"{name}.json").read_text()
        report.expect(text == dashboards.text(name), f"dashboards/{name}.json is out of date: deploy/check sync")
        made = json.loads(text)
        report.expect(len({one["id"] for one in made["panels"]}) == len(made["panels"]), f"{name}: panels share an id")
        queries += [(f"dashboard {name}, {one['title']}", target["expr"]) for one in made["panels"] for target in one["targets"]]
    wrong = [f"{place}: {fault}" for place, query in queries for fault in faults(query, known)]
    for fault in wrong:
        report.bad(fault)
    if not wrong:
        report.ok(f"{len(queries)} queries name only metrics and labels that are exported ({len(known)} names)")

    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    fires = {one["alertname"] for test in tests for one in test["alert_rule_test"] if one.get("exp_alerts")}
    quiet = {one["alertname"] for test in tests for one in test["alert_rule_test"] if not one.get("exp_alerts")}
    names = {rule["alert"] for rule in rules}
    report.expect(fires == names, f"no series make these fire: {sorted(names - fires)}")
    report.expect(quiet >= names - {"TesseraWatchdog"}, f"no series leave these quiet: {sorted(names - quiet)}")
    passes(report, f"promtool: the {len(rules)} rules fire and stay quiet as their tests say", "promtool", "test", "rules", "alerts_test.yml", cwd=FOLDER)
    passes(report, "promtool: prometheus.yml", "promtool", "check", "config", "--syntax-only", "prometheus.yml", cwd=FOLDER)
    passes(report, "amtool: alertmanager.yml", "amtool", "check-config", "alertmanager.yml", cwd=FOLDER)
    jobs = {one["job_name"] for one in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]}
    for job in ("tessera-host", "tessera-worker", "node", "postgres", "redis", "traefik", "prometheus"):
        report.expect(job in jobs, f"prometheus.yml does not scrape {job}")
