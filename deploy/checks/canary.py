"""deploy/canary, played on one machine: a good version takes over step by step, and a failing one is taken back."""

import signal
import subprocess
import sys
import tempfile
import threading
import time

import yaml

import proxy
from common import DEPLOY

SCRIPT = DEPLOY / "canary"


def check(report):
    compose = yaml.safe_load((proxy.FOLDER / "compose.yaml").read_text())
    old, new = proxy.Host("old"), proxy.Host("new")
    with tempfile.TemporaryDirectory() as folder, proxy.running(compose, [old, new], folder) as running:
        clients = Clients(running)
        try:
            play(report, running, clients, new)
        finally:
            clients.end()
    if not report.wrong:
        report.ok("deploy/canary: a good version gets all requests in steps, a failing one none, and a signal takes it back")


class Clients:
    """Asks without a pause, and keeps whom the answers named."""

    def __init__(self, running):
        self.running, self.going, self.seen = running, True, []
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(4)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        while self.going:
            try:
                self.seen.append("new" if '"name": "new"' in self.running.request("/api/v1/health") else "old")
            except OSError:
                time.sleep(0.1)

    def only(self, name):
        """Whether soon all answers are of one version."""
        for _ in range(100):
            self.seen.clear()
            time.sleep(0.2)
            seen = list(self.seen)
            if len(seen) > 5 and set(seen) == {name}:
                return True
        return False

    def end(self):
        self.going = False
        for thread in self.threads:
            thread.join(timeout=10)


def play(report, running, clients, new):
    command = [sys.executable, SCRIPT, "--folder", running.dynamic, "--metrics", f"http://127.0.0.1:{running.metrics}/metrics"]
    # A host has the name of its machine; here both are on loopback.
    routes = running.dynamic / "tessera.yml"
    routes.write_text(routes.read_text().replace(f"//127.0.0.1:{new.server.server_port}", f"//localhost:{new.server.server_port}"))

    def canary(*arguments):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=120)
        return done.returncode, done.stdout + done.stderr

    for _ in range(200):
        if len(set(clients.seen)) == 2:
            break
        time.sleep(0.1)
    code, said = canary("hold", "localhost")
    report.expect(code == 0 and clients.only("old"), f"canary hold: the held host still answers: {said}")
    quick = ("--steps", "50,100", "--seconds", "1", "--min-requests", "5")
    code, said = canary("run", "localhost", *quick)
    report.expect(code == 0 and clients.only("new"), f"canary run: a good version did not take over: {said}")

    new.status = 500
    code, said = canary("run", "localhost", *quick)
    report.expect(code == 1 and "were errors" in said and clients.only("old"), f"canary run: a failing version was not taken back: {said}")
    new.status = 200
    process = subprocess.Popen([*command, "run", "localhost", "--steps", "100", "--seconds", "60"], stdout=subprocess.PIPE, text=True)
    report.expect("100 %" in process.stdout.readline() and clients.only("new"), "canary run: the first step did not begin")
    new.is_healthy = False
    said, _ = process.communicate(timeout=60)
    report.expect(process.returncode == 1 and "unhealthy" in said and clients.only("old"), f"canary run: a host that is down was left in use: {said}")
    new.is_healthy = True
    process = subprocess.Popen([*command, "run", "localhost", "--steps", "100", "--seconds", "60"], stdout=subprocess.PIPE, text=True)
    report.expect("100 %" in process.stdout.readline() and clients.only("new"), "canary run: the first step did not begin")
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    report.expect(process.returncode == 1 and clients.only("old"), f"canary run: a signal left the new version in use: {said}")

    code, said = canary("end")
    clients.seen.clear()
    for _ in range(200):
        if len(set(clients.seen)) == 2:
            break
        time.sleep(0.1)
    report.expect(code == 0 and len(set(clients.seen)) == 2, f"canary end: not every host answers again: {said}")
    code, said = canary("run", "host-9")
    report.expect(code != 0 and "host-9" in said, f"canary run: an unknown host was taken: {said}")
