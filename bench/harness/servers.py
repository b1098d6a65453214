"""The servers behind the balancer: one process each, which can be killed, frozen and told to misbehave."""

import http.client
import signal
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from .processes import BenchError

START_SECONDS = 30


@dataclass(frozen=True)
class Arrival:
    """A request whose head a server has read; at is in seconds of the monotonic clock."""

    at: float
    address: str
    method: str
    id: int


class Server:
    """One server and its journal, which tells of all its lives; others are further ports at which it is yet more servers."""

    def __init__(self, rig, port, behaviour, others=()):
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self.addresses = [self.address, *(f"127.0.0.1:{other}" for other in others)]
        self._rig = rig
        self._journal = rig.directory / f"server-{port}.journal"
        self._behaviour = behaviour
        self._process = None
        self._lives = 0
        self.start()

    def start(self):
        """Starts the process, without waiting until it listens."""
        self._lives = len(self._starts()) // len(self.addresses) + 1
        listens = ",".join(self.addresses)
        command = self._rig.java("FaultyServer", 8, listens, self._journal, urlencode(self._behaviour))
        self._process = self._rig.start(f"server {self.port}", command, f"server-{self.port}.log")

    def await_start(self):
        """Waits until the started process listens; returns since when."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.is_running():
            starts = self._starts()
            if len(starts) == self._lives * len(self.addresses):
                return starts[-1].at
            time.sleep(0.01)
        raise BenchError(f"a server did not start:\n{self._process.tail()}")

    def kill(self):
        """Ends the process as kill -9 does; when this returns, the kernel has closed its connections."""
        self._process.popen.kill()
        self._process.popen.wait()

    def freeze(self):
        self._process.popen.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.popen.send_signal(signal.SIGCONT)

    def behave(self, **changes):
        """Changes the behaviour of the running server; returns when it did."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/-/behave?" + urlencode({**self._behaviour, **changes}))
            connection.getresponse().read()
        finally:
            connection.close()
        return time.monotonic()

    def arrivals(self):
        """The requests that reached the server, health checks left out."""
        return [line for line in self._lines() if line.method not in ("START", "HEALTH")]

    def _starts(self):
        return [line for line in self._lines() if line.method == "START"]

    def _lines(self):
        if not self._journal.exists():
            return []
        # A line may still be in the making, or was when the server was killed.
        whole = self._journal.read_text().rpartition("\n")[0]
        lines = map(str.split, whole.splitlines())
        return [Arrival(int(nanos) / 1e9, address, method, int(id)) for nanos, address, method, id in lines]

