"""The Dockerfile: hadolint; the models as local-stack has them; the root of an image starts its program, where one is built."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from common import DEPLOY, ROOT, passes, read, variables_of_host, variables_of_worker

FOLDER = DEPLOY / "images"


def check(report):
    passes(report, "hadolint: Dockerfile", "hadolint", "--failure-threshold", "style", "Dockerfile", cwd=FOLDER)
    text = (FOLDER / "Dockerfile").read_text()
    stages = re.split(r"^FROM ", text, flags=re.M)[1:]
    for stage in (one for one in stages if one.startswith("scratch AS ")):
        name = stage.split()[2]
        report.expect("USER 65532:65532" in stage, f"image {name} runs as root")
        variables = set(re.findall(r"(TESSERA_\w+)=", stage))
        known = variables_of_host() if name == "host" else variables_of_worker()
        report.expect(variables <= known, f"image {name}: no such variables: {sorted(variables - known)}")
    model = read("local-stack/src/setup/model.rs")
    pins = re.findall(r"^(\S+)==(\S+) --hash=sha256:(\w+)$", (FOLDER / "models.txt").read_text(), re.M)
    report.expect(pins == re.findall(r'package: "(\S+)",\s*version: "(\S+)",\s*known: &\[\(\s*"[^"]+",\s*"(\w+)"', model), "models.txt differs from local-stack/src/setup/model.rs")
    starts(report)


def starts(report):
    """The root of an image is what the loader finds: tried with chroot, where programs are built and we may."""
    built = [Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / name for name in ("tessera-host", "worker")]
    if not all(file.exists() for file in built):
        report.skip("images: no release build of tessera-host and worker here (CARGO_TARGET_DIR)")
        return
    if os.geteuid() != 0 or not shutil.which("chroot"):
        report.skip("images: chroot needs root")
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        subprocess.run([FOLDER / "rootfs", folder + "/root", *built], check=True)
        for program, argument, expected in (("tessera-host", "--version", "tessera-host"), ("worker", "help", "usage: worker")):
            done = subprocess.run(
                ["chroot", "--userspec=65532:65532", folder + "/root", f"/usr/lib/tessera/{program}", argument], capture_output=True, text=True, check=False
            )
            if report.expect(done.returncode == 0 and expected in done.stdout, f"images: {program} does not start in its root: {done.stderr}"):
                report.ok(f"{program} starts as 65532 in a root that holds nothing else")
