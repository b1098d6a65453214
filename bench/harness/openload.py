"""The load: the generator's process, and what it tells about each request."""

import signal
import subprocess
import time
from dataclasses import dataclass

from .processes import BenchError

START_SECONDS = 30
# Longer than a client waits, so that the generator is never ended before it has written its results.
END_SECONDS = 25
# That of a JVM which a SIGTERM ended in order.
ENDED_STATUS = 128 + signal.SIGTERM


@dataclass(frozen=True)
class Request:
    """A request as its client saw it; times are in seconds of the monotonic clock."""

    id: int
    method: str
    intended: float
    sent: float
    end: float
    outcome: str

    @property
    def failed(self):
        return self.outcome != "200"

    @property
    def ms(self):
        """The time from the moment at which it should have been sent."""
        return (self.end - self.intended) * 1e3


class Load:
    """A running load: some seconds of warming up, which count for nothing, then what the plan says from begin to end.

    A last rate without seconds lasts until stop().
    """

    def __init__(self, rig, port, plan, options):
        rate = plan[0][0]
        # Gently at first: the load generator and the servers are as cold as the balancer.
        plan = [(rate / 4, rig.warm / 2), (rate, rig.warm / 2), *plan]
        self._results = rig.directory / "results"
        self._results.unlink(missing_ok=True)
        options["plan"] = ",".join(f"{rate}:{'' if seconds is None else seconds}" for rate, seconds in plan)
        arguments = [f"{key}={value}" for key, value in options.items()]
        command = rig.java("LoadGenerator", 96, port, self._results, *arguments)
        (rig.directory / "load.log").unlink(missing_ok=True)
        self._process = rig.start("load", command, "load.log")
        self._start = self._await_start()
        self.begin = self._start + rig.warm
        self.end = self._start + sum(seconds or 0 for _, seconds in plan)

    def stop(self):
        """Ends a load without end; returns the same as finish()."""
        self.end = time.monotonic()
        self._process.popen.terminate()
        return self.finish()

    def finish(self):
        """Waits for the end of the load; returns the requests since begin, in the order in which they were to be sent."""
        try:
            self._process.popen.wait(timeout=max(0.0, self.end - time.monotonic()) + END_SECONDS)
        except subprocess.TimeoutExpired:
            raise BenchError("the load generator did not end") from None
        if self._process.popen.returncode not in (0, ENDED_STATUS):
            raise BenchError(f"the load generator failed:\n{self._process.tail()}")
        requests = [self._request(line.split()) for line in self._results.read_text().splitlines()]
        return sorted(between(requests, self.begin, self.end), key=lambda request: request.intended)

    def _request(self, fields):
        identity, method, intended, sent, end, outcome = fields
        times = (self._start + int(nanos) / 1e9 for nanos in (intended, sent, end))
        return Request(int(identity), method, *times, outcome)

    def _await_start(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.is_running():
            for line in self._process.output.read_text().splitlines():
                if line.startswith("started "):
                    return int(line.split()[1]) / 1e9
            time.sleep(0.01)
        raise BenchError(f"the load generator did not start:\n{self._process.tail()}")


def wait_until(moment):
    time.sleep(max(0.0, moment - time.monotonic()))


def between(requests, start, end):
    """The requests that were to be sent from start on and before end."""
    return [request for request in requests if start <= request.intended < end]


def percentile(requests, share):
    """The latency in ms below which this share of the requests stayed; None without requests."""
    ordered = sorted(request.ms for request in requests)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
