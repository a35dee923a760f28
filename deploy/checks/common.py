"""What the checks share: running a tool, and reporting."""

import os
import re
import shutil
import subprocess
from pathlib import Path

DEPLOY = Path(__file__).resolve().parent.parent
ROOT = DEPLOY.parent


class Skipped(Exception):
    """A tool is not there."""


class Report:
    """What was checked, and what is wrong."""

    def __init__(self):
        self.wrong, self.skipped = [], []

    def ok(self, text):
        print(f"ok       {text}")

    def bad(self, text):
        self.wrong.append(text)
        print(f"WRONG    {text}")

    def skip(self, text):
        self.skipped.append(text)
        print(f"skipped  {text}")

    def expect(self, good, wrong):
        if not good:
            self.bad(wrong)
        return bool(good)


def tool(name):
    """Where a program is."""
    found = shutil.which(name)
    if not found:
        raise Skipped(f"{name} is not there")
    return found


def run(*command, cwd=DEPLOY, env=None, stdin=None):
    """The end and the output of a command."""
    done = subprocess.run(
        [tool(command[0]), *map(str, command[1:])], cwd=cwd, env={**os.environ, **(env or {})}, input=stdin, capture_output=True, text=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def passes(report, what, *command, **options):
    code, output = run(*command, **options)
    if code == 0:
        report.ok(what)
    else:
        report.bad(f"{what}: {' '.join(map(str, command))}\n{output}")
    return output


def read(path):
    return (ROOT / path).read_text()


def variables_of_spin_toml():
    """Variables of spin.toml: name -> whether one must set it."""
    section = read("spin.toml").split("[variables]", 1)[1].split("\n[[", 1)[0]
    return {name: "required = true" in rest for name, rest in re.findall(r"^(\w+) = (\{.*\})$", section, re.M)}


def variables_of_host():
    """Environment variables that tessera-host reads."""
    options = read("local-stack/host/src/bin/tessera-host/options.rs") + read("local-stack/host/src/bin/tessera-host/main.rs")
    return set(re.findall(r'"(TESSERA_[A-Z_]+)"', options)) | variables_of_traces()


def variables_of_traces():
    """Variables of OpenTelemetry that host and worker read."""
    return set(re.findall(r'"(OTEL_[A-Z_]+)"', read("crates/telemetry/src/otlp/config.rs")))


def variables_of_worker():
    """Environment variables that the worker reads: every name that is looked up in the configuration."""
    names = set()
    for folder in ("worker/src", "crates"):
        for file in (ROOT / folder).rglob("*.rs"):
            text = file.read_text()
            names |= set(re.findall(r'(?:config::(?:optional|required)|number)\(\s*"(\w+)"', text))
            names |= set(re.findall(r'"(pg_password_\w+)"', text))
            names |= set(re.findall(r'"TESSERA_(\w+_CA)"', text))
    return {f"TESSERA_{name.upper()}" for name in names} | variables_of_traces()
