"""Traefik with the configuration of deploy/compose on free ports of loopback, and hosts behind it that a check controls."""

import json
import os
import re
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from common import DEPLOY, tool

FOLDER = DEPLOY / "compose"


class Host:
    """A host on loopback: its answers say its name and what it was asked. `status` is that of all but its health."""

    def __init__(self, name):
        self.name, self.status, self.is_healthy = name, 200, True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                healthy = self.path == "/.well-known/spin/health"
                asked = {"name": outer.name, "path": self.path, "from": self.headers.get("x-forwarded-for"), "host": self.headers.get("host")}
                body = json.dumps(asked).encode()
                self.send_response((200 if outer.is_healthy else 503) if healthy else outer.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Proxy:
    """A running Traefik: its folder of routes, its ports, and requests over TLS."""

    def __init__(self, folder):
        self.folder, self.dynamic, self.log = folder, folder / "dynamic", folder / "log"
        self.https, self.http, self.metrics = free_port(), free_port(), free_port()

    def request(self, path, version=ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", self.https), timeout=5) as plain, context.wrap_socket(plain, server_hostname="tessera.example") as stream:
            stream.sendall(f"GET {path} HTTP/1.1\r\nhost: tessera.example\r\nx-forwarded-for: 9.9.9.9\r\nconnection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: stream.recv(65536), b"")).decode()


@contextmanager
def running(compose, hosts, folder):
    """Traefik in front of `hosts`, which take the places of host-1 and host-2."""
    tool("traefik")
    proxy = Proxy(Path(folder))
    proxy.dynamic.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=tessera.example", "-addext",
         "subjectAltName=DNS:tessera.example", "-keyout", proxy.folder / "key.pem", "-out", proxy.folder / "cert.pem"],
        check=True, capture_output=True,
    )
    text = (FOLDER / "traefik" / "tessera.yml").read_text()
    text = text.replace("tls: { certResolver: letsencrypt }", "tls: {}")
    for number, host in enumerate(hosts, 1):
        text = text.replace(f"http://host-{number}:3000", host.url)
    text += f"  certificates: [{{ certFile: {folder}/cert.pem, keyFile: {folder}/key.pem }}]\n"
    (proxy.dynamic / "tessera.yml").write_text(text)
    command = [re.sub(r"\$\{\w+:\?\}", "operations@tessera.example", argument) for argument in compose["services"]["traefik"]["command"]]
    command = [one for one in command if "certificatesResolvers" not in one]
    places = {":443": f"127.0.0.1:{proxy.https}", ":80": f"127.0.0.1:{proxy.http}", ":8082": f"127.0.0.1:{proxy.metrics}", "/etc/traefik/dynamic": str(proxy.dynamic)}
    command = [re.sub(r"=(:443|:80|:8082|/etc/traefik/dynamic)$", lambda m: "=" + places[m[1]], one) for one in command]
    with proxy.log.open("w") as log:
        process = subprocess.Popen(["traefik", *command], env={**os.environ, "TESSERA_DOMAIN": "tessera.example"}, stdout=log, stderr=log)
        try:
            yield proxy
        finally:
            process.terminate()
            process.wait(timeout=60)
            for host in hosts:
                host.server.shutdown()
