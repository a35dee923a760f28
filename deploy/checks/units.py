"""The systemd units: systemd-analyze reads them, and finds them closed; every secret of spin.toml is a credential of the host."""

import re
import tempfile
from pathlib import Path

from common import DEPLOY, passes, run, tool, variables_of_spin_toml

FOLDER = DEPLOY / "systemd"
# Of 10, where 10 is an open service. What keeps the rest: network, and native code of wasmtime.
MOST_EXPOSED = 2.0
CLOSED = [
    "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "PrivateUsers=yes", "ProtectHome=yes",
    "RestrictNamespaces=yes", "SystemCallFilter=@system-service",
]


def check(report):
    units = sorted(FOLDER.glob("*.service"))
    tool("systemd-analyze")
    with tempfile.TemporaryDirectory() as folder:
        # `verify` wants the programs of ExecStart: stand-ins in the same places of another root would need a whole system, so
        # the lines name `true`, and the real names are compared with the layout that docs/operations.md describes.
        for unit in units:
            text = re.sub(r"(/usr/lib/tessera/(tessera-host|worker)|/opt/tessera/current/tessera)\b", "/bin/true", unit.read_text())
            (Path(folder) / unit.name).write_text(text)
        paths = [f"{folder}/{unit.name}" for unit in units]
        timers = sorted(FOLDER.glob("*.timer"))
        for timer in timers:
            (Path(folder) / timer.name).write_text(timer.read_text())
            report.expect(timer.with_suffix(".service").exists(), f"{timer.name} starts no unit")
        verified = [*paths, *(f"{folder}/{timer.name}" for timer in timers)]
        output = passes(report, f"systemd-analyze verify: {len(verified)} units", "systemd-analyze", "verify", "--man=no", *verified)
        ours = [line for line in output.splitlines() if "tessera" in line and "Failed to prepare filename" not in line]
        report.expect(not ours, "systemd-analyze verify warns: " + "; ".join(ours))
        for path in paths:
            code, output = run("systemd-analyze", "security", "--offline=true", f"--threshold={int(MOST_EXPOSED * 10)}", "--no-pager", path)
            level = re.search(r"Overall exposure level for (\S+): ([\d.]+)", output)
            if code == 0 and level:
                report.ok(f"systemd-analyze security: {level[1]} {level[2]} of 10")
            else:
                report.bad(f"systemd-analyze security {path}: expected at most {MOST_EXPOSED}\n{output[-1500:]}")
    for unit in units:
        lines = unit.read_text().splitlines()
        missing = [line for line in CLOSED if line not in lines]
        report.expect(not missing, f"{unit.name} lacks {', '.join(missing)}")
        report.expect(any(line.startswith("MemoryMax=") for line in lines), f"{unit.name} has no MemoryMax")
    host = (FOLDER / "tessera-host.service").read_text()
    loaded = dict(re.findall(r"^LoadCredential=(\w+):/etc/tessera/variables/(\w+)$", host, re.M))
    required = {name for name, must in variables_of_spin_toml().items() if must}
    report.expect(set(loaded) == required, f"tessera-host.service: the credentials differ from the required variables of spin.toml: {sorted(set(loaded) ^ required)}")
    report.expect(all(name == file for name, file in loaded.items()), "tessera-host.service: a credential has another name than its file")
    if set(loaded) == required:
        report.ok(f"the {len(required)} required variables of spin.toml are credentials of the host")
