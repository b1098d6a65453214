"""What goes on while the balancer is changed: requests, WebSockets and slow downloads, and the servers of them all."""

import subprocess
import time
from dataclasses import dataclass

from harness.openload import START_SECONDS, between
from harness.processes import BenchError
from harness.servers import Server

RATE, POSTS = 1000, 0.2
WEBSOCKETS, DOWNLOADS = 200, 50
DOWNLOAD_RATE = 4096
SERVICE_MS = 2
END_SECONDS = 10


@dataclass(frozen=True)
class Life:
    """A WebSocket or a download from its connect to its end; times are in seconds of the monotonic clock."""

    kind: str
    id: int
    start: float
    end: float
    outcome: str
    worst_ms: float  # the longest that an echo took

    @property
    def lost(self):
        return self.outcome not in ("going", "whole")


@dataclass(frozen=True)
class Seen:
    """What clients saw: the requests since the load was warm, and all lives of WebSockets and downloads."""

    requests: list
    lives: list


def start_servers(rig, count):
    """So many servers in one process, which listen."""
    ports = [rig.free_port() for _ in range(count)]
    servers = Server(rig, ports[0], {"service": SERVICE_MS}, ports[1:])
    servers.await_start()
    return servers


class Traffic:
    """The whole load on one port, from its creation to stop(). begin is when it is warm."""

    def __init__(self, rig, port, download_seconds):
        self._results = rig.directory / "lives"
        arguments = [WEBSOCKETS, DOWNLOADS, int(DOWNLOAD_RATE * download_seconds), DOWNLOAD_RATE]
        command = rig.java("Streams", 16, port, self._results, *arguments)
        self._streams = rig.start("streams", command, "streams.log")
        self._await_streams()
        self._load = rig.load(port, (RATE, None), post=POSTS)
        self.begin = self._load.begin

    def stop(self):
        """Ends the load; returns what was seen."""
        requests = self._load.stop()
        self._streams.popen.terminate()
        try:
            self._streams.popen.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            raise BenchError("the clients of streams did not end") from None
        return Seen(requests, [_life(line.split()) for line in self._results.read_text().splitlines()])

    def _await_streams(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._streams.is_running():
            if "started " in self._streams.output.read_text():
                return
            time.sleep(0.01)
        raise BenchError(f"the WebSockets did not start:\n{self._streams.tail()}")


def during(requests, spans, after_seconds):
    """The requests that were to be sent in one of these (start, end), or so shortly after it: each once."""
    found, begin = [], 0.0
    for start, end in spans:
        found += between(requests, max(begin, start), end + after_seconds)
        begin = end + after_seconds
    return found


def _life(fields):
    kind, identity, start, end, outcome, worst = fields
    return Life(kind, int(identity), int(start) / 1e9, int(end) / 1e9, outcome, int(worst) / 1e6)
