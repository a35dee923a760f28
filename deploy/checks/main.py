"""Runs the checks of deploy/; see ../check."""

import importlib
import os
import sys
import traceback

from common import DEPLOY, Report, Skipped

PARTS = [name for name in ("monitoring", "units", "scripts", "compose", "canary", "images", "helm", "docs") if (DEPLOY / "checks" / f"{name}.py").exists()]


def main():
    wanted = sys.argv[1:] or PARTS
    report = Report()
    for part in wanted:
        if part not in PARTS:
            raise SystemExit(f"expected {', '.join(PARTS)} record or sync, got {part}")
        print(f"{part}:")
        try:
            importlib.import_module(part).check(report)
        except Skipped as missing:
            report.skip(f"{part}: {missing}")
        except Exception:  # noqa: BLE001 one part's trouble is no reason to leave out the others
            report.bad(f"{part}: {traceback.format_exc()}")
    print(f"{len(report.wrong)} wrong, {len(report.skipped)} skipped")
    if report.wrong or (report.skipped and os.environ.get("CHECK_ALL") == "1"):
        raise SystemExit(1)


main()
