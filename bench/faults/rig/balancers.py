"""The balancers under test: sensible configurations with health checks, their start, and what they tell of themselves."""

import csv
import http.client
import re
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from harness.balancers import lines, nginx_user, open_files, render, wait_for_answer

TEMPLATES = Path(__file__).parent.parent / "templates"
CHECK_SECONDS, FALL, CHECK_TIMEOUT_SECONDS = 1, 2, 1
# When a server must be known to be down after its checks began to fail.
VERDICT_SECONDS = FALL * CHECK_SECONDS + CHECK_TIMEOUT_SECONDS


@dataclass(frozen=True)
class Setup:
    """What a balancer is configured to do beyond checks, retries and passive detection."""

    max_requests: int = 0  # at a time to one server; 0: any number
    queue_ms: int = 0  # how long a request waits for a server with room; 0: the balancer's default
    adaptive: bool = False  # the balancer finds each server's limit itself
    head_seconds: int = 10  # a client's time for a request head


class Balancer:
    """A balancer that runs before some servers."""

    def __init__(self, rig, setup, servers):
        self.port, self._admin = rig.free_port(), rig.free_port()
        self._directory = rig.directory
        command = self._command(rig, setup, [server.address for server in servers])
        self.process = rig.start(type(self).__name__.lower(), command, "balancer.log", end_with="TERM")
        wait_for_answer(self.process, "127.0.0.1", self.port, "/bytes/1")

    def _command(self, rig, setup, addresses):
        """Writes the configuration; returns the command."""
        raise NotImplementedError

    def tries(self, server, since):
        """How often a request that came since then was given to a server that was dead, by the balancer's own account."""
        raise NotImplementedError

    def _render(self, template, **values):
        return render(TEMPLATES / template, self._directory / template, port=self.port, **values)


class Weir(Balancer):
    def _command(self, rig, setup, addresses):
        config = self._render(
            "weir.yaml",
            admin=self._admin,
            head=f"{setup.head_seconds}s",
            features=lines(4, rig.features.of(setup)),
            servers=lines(6, weir_servers(addresses, setup)),
        )
        return [rig.weir / "bin/weir", "run", config]

    def tries(self, server, since):
        # Connects that were refused, of which there are none before the server's death.
        name = rf'weir_upstream_connect_failures_total{{[^}}]*server="{re.escape(server.address)}"[^}}]*}} ([\d.]+)'
        return int(sum(float(value) for value in re.findall(name, self._get("/metrics"))))

    def _get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self._admin, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()


class Nginx(Balancer):
    def _command(self, rig, setup, addresses):
        # nginx cannot let requests wait for a server (its paid sibling can): what is too much gets 502 at once.
        limit = f" max_conns={setup.max_requests}" if setup.max_requests else ""
        config = self._render(
            "nginx.conf",
            user=nginx_user(),
            files=open_files(),
            dir=self._directory,
            log=self._directory / "tries.log",
            head=f"{setup.head_seconds}s",
            servers=lines(8, (f"server {address} max_fails=2 fail_timeout=5s{limit};" for address in addresses)),
        )
        return ["nginx", "-p", self._directory, "-c", config]

    def tries(self, server, since):
        since += time.time() - time.monotonic()
        tries = 0
        for line in (self._directory / "tries.log").read_text().splitlines():
            ended, took, servers = line.split(" ", 2)
            tries += float(ended) - float(took) >= since and server.address in servers
        return tries


class Haproxy(Balancer):
    def _command(self, rig, setup, addresses):
        limit = f" maxconn {setup.max_requests}" if setup.max_requests else ""
        servers = (f"server {address} {address} check{limit}" for address in addresses)
        config = self._render(
            "haproxy.cfg",
            dir=self._directory,
            head=f"{setup.head_seconds}s",
            queue=f"{setup.queue_ms or 1000}ms",
            servers=lines(4, servers),
        )
        return ["haproxy", "-db", "-f", config]

    def tries(self, server, since):
        # Failed connects, of which there are none before the server's death; those of checks are counted elsewhere.
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self._directory / "haproxy.sock"))
            control.sendall(b"show stat\n")
            text = b"".join(iter(lambda: control.recv(65536), b"")).decode()
        rows = csv.DictReader(text.removeprefix("# ").splitlines())
        return sum(int(row["econ"]) for row in rows if row["svname"] == server.address)


BALANCERS = {"weir": Weir, "nginx": Nginx, "haproxy": Haproxy}


def weir_servers(addresses, setup):
    limit = f", max-requests: {setup.max_requests}" if setup.max_requests else ""
    return [f'- {{ address: "{address}"{limit} }}' for address in addresses]


class Features:
    """The keys of Weir's configuration that the scenarios want, and which of them a build refuses."""

    def __init__(self, weir, directory):
        self._weir = weir
        self._directory = directory
        wanted = [*self._lines(Setup(queue_ms=500, adaptive=True)), "max-requests"]
        self.refused = [] if self._takes(wanted) else [key for key in wanted if not self._takes([key])]

    def of(self, setup):
        """The lines of a pool with such a setup, those left out that the build refuses."""
        return [line for key, line in self._lines(setup).items() if key not in self.refused]

    def missing(self, setup):
        """The keys that a setup cannot do without and that the build refuses."""
        needed = {"max-requests": setup.max_requests, "queue": setup.queue_ms, "concurrency": setup.adaptive}
        return [key for key, value in needed.items() if value and key in self.refused]

    @staticmethod
    def _lines(setup):
        health = f"every: {CHECK_SECONDS}s, timeout: {CHECK_TIMEOUT_SECONDS}s, rise: 2, fall: {FALL}"
        found = {
            "health": f'health: {{ path: /health, {health}, expect: "200-399" }}',
            "ejection": "ejection: on",
            "retry": "retry: { attempts: 2, budget: 20% }",
        }
        if setup.queue_ms:
            found["queue"] = f"queue: {{ requests: 1000, timeout: {setup.queue_ms}ms }}"
        if setup.adaptive:
            found["concurrency"] = "concurrency: adaptive"
        return found

    def _takes(self, keys):
        setup = Setup(max_requests=8 if "max-requests" in keys else 0, queue_ms=500, adaptive=True)
        config = render(
            TEMPLATES / "weir.yaml",
            self._directory / "features.yaml",
            port=8080,
            admin=9090,
            head="10s",
            features=lines(4, (line for key, line in self._lines(setup).items() if key in keys)),
            servers=lines(6, weir_servers(["127.0.0.1:9001"], setup)),
        )
        command = [self._weir / "bin/weir", "check", config]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
