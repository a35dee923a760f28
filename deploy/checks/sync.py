"""Writes again what follows from other files: the lists of secrets (from spin.toml), users of Redis, the chart's copies and schema, the dashboards."""

import re
import shutil
import subprocess
import sys

import redis_users
import values_schema
from common import DEPLOY, variables_of_spin_toml
from helm import COPIES


def lines(file, pattern, form):
    """Replaces the block of lines that match with one line for each required variable."""
    path = DEPLOY / file
    text = path.read_text()
    block = re.compile(rf"(?:^{pattern}\n)+", re.M)
    names = [name for name, must in variables_of_spin_toml().items() if must]
    found = block.search(text)
    if not found:
        raise SystemExit(f"{file}: the list of secrets is not found")
    path.write_text(text[: found.start()] + "".join(form.format(name) + "\n" for name in names) + text[found.end() :])


def main():
    secret = r"(?:pg_password|redis_password|token|device|audit_cursor|master|internal|\w+)_\w+"
    lines("systemd/tessera-host.service", r"LoadCredential=\w+:/etc/tessera/variables/\w+", "LoadCredential={0}:/etc/tessera/variables/{0}")
    lines("compose/compose.yaml", rf"    - {secret}", "    - {0}")
    lines("compose/compose.yaml", r"  \w+: \{ file: secrets/variables/\w+ \}", "  {0}: {{ file: secrets/variables/{0} }}")
    lines(
        "spinkube/tessera.yaml", r"    - \{ name: \w+, valueFrom: \{ secretKeyRef: \{ name: tessera-variables, key: \w+ \} \} \}",
        "    - {{ name: {0}, valueFrom: {{ secretKeyRef: {{ name: tessera-variables, key: {0} }} }} }}",
    )
    redis_users.FILE.write_text(redis_users.text())
    for copy, source in COPIES.items():
        shutil.copyfile(source, DEPLOY / "helm" / "tessera" / "files" / copy)
    values_schema.FILE.write_text(values_schema.text())
    subprocess.run([sys.executable, DEPLOY / "monitoring" / "dashboards.py"], check=True)


main()
