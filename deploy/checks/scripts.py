"""The shell scripts: shellcheck reads them, and install.sh takes the options that it describes."""

import re

from common import DEPLOY, ROOT, passes, read

SCRIPTS = ["backup/daily", "check", "install/install.sh", "images/rootfs", "redis/setup", "secrets"]


def check(report):
    passes(report, f"shellcheck: {len(SCRIPTS)} scripts and ./stack", "shellcheck", *SCRIPTS, ROOT / "stack")
    text = read("deploy/install/install.sh")
    described = set(re.findall(r"^#   (--[a-z0-9-]+)", text, re.M))
    taken = set(re.findall(r"^        (?:-\w \| )?(--[a-z0-9-]+)\)", text, re.M)) - {"--help"}
    if report.expect(described == taken, f"install.sh describes other options than it takes: {sorted(described ^ taken)}"):
        report.ok(f"install.sh describes its {len(taken)} options")
    for file in ("tessera.env", "tessera.secret.env", "host.env", "worker.env", "tessera.service", "tessera-backup.service", "tessera-backup.timer"):
        report.expect((DEPLOY / "systemd" / file).is_file(), f"install.sh needs deploy/systemd/{file}")
