"""The documents: a runbook for each alert, a line for each row of the seeds, files and sections that exist."""

import re

import yaml

from common import DEPLOY, ROOT, read, variables_of_spin_toml


def check(report):
    guide, coverage = read("docs/operations.md"), read("docs/coverage.md")
    alerts = [rule["alert"] for group in yaml.safe_load((DEPLOY / "monitoring" / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    entries = re.findall(r"^\* \*\*(Tessera\w+)\*\*: ", guide, re.M)
    if report.expect(entries == alerts, f"docs/operations.md, Alerts: expected {alerts}, found {entries}"):
        report.ok(f"{len(alerts)} alerts have their entry in docs/operations.md")

    rows = re.findall(r"^\| ([IO]-\d+) \|", coverage, re.M)
    expected = [f"I-{n}" for n in range(1, 71)] + [f"O-{n}" for n in range(1, 30)]
    wrong = report.expect(rows == expected, f"docs/coverage.md: missing or doubled: {sorted(set(expected) ^ set(rows))}")
    for file in sorted(set(re.findall(r"`([\w./-]+/[\w./-]*)`", coverage))):
        if file.startswith("/"):
            continue
        wrong &= report.expect((ROOT / file).exists() or file == "./stack", f"docs/coverage.md names {file}, which does not exist")
    if wrong:
        report.ok(f"{len(rows)} rows of docs/coverage.md, and the files that they name")

    titles = set(re.findall(r"^#+ (.+)$", guide, re.M))
    first = guide.split("\n\n| you want to", 1)[1].split("\n\n", 1)[0]
    named = {title for line in first.splitlines() for title in re.findall(r"\*([^*]+)\*", line)}
    lost = [title for title in named if not any(known.startswith(title) or known.endswith(title) for known in titles)]
    if report.expect(not lost, f"docs/operations.md: its table names sections that do not exist: {lost}"):
        report.ok(f"the {len(named)} sections of the table in docs/operations.md exist")
    for file in sorted(set(re.findall(r"`(deploy/[\w./-]+)`", guide))):
        report.expect((ROOT / file).exists(), f"docs/operations.md names {file}, which does not exist")
    pools = sum(name.startswith("pg_password_") for name, must in variables_of_spin_toml().items() if must)
    budget, minimum = (int(re.search(rf"\b{key}: (\d+),", read("local-stack/host/src/runtime_config.rs")).group(1)) for key in ("budget", "minimum"))
    report.expect(pools * minimum <= budget, f"{pools} components have {minimum} guaranteed connections each, more than the budget of {budget}")
    report.expect(f"its budget: {budget} |" in guide, f"docs/operations.md, Several hosts: the budget of a host is {budget}")
