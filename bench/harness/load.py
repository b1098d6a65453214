"""The load generator: one wrk with one thread, whose totals come back as a record."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .processes import BenchError

SCRIPT = Path(__file__).parent.parent / "load.lua"


@dataclass(frozen=True)
class Load:
    """What the clients do. With upload_bytes, each request is a POST with a body of that size."""

    path: str = "/"
    connections: int = 64
    headers: tuple = ()
    upload_bytes: int = 0


@dataclass(frozen=True)
class LoadResult:
    """What the clients saw; errors maps a kind of error to its count, kinds without one left out."""

    requests: int
    seconds: float
    bytes: int
    p50_ms: float
    p99_ms: float
    errors: dict


def run_load(processes, load, port, seconds, cores, output):
    """Runs wrk for so many seconds against a port of 127.0.0.1 and returns what it counted."""
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "--timeout", "10s", "-s", SCRIPT]
    for header in load.headers:
        command += ["-H", header]
    command += [f"http://127.0.0.1:{port}{load.path}"]
    if load.upload_bytes:
        command += ["--", load.upload_bytes]
    output.unlink(missing_ok=True)
    wrk = processes.start("wrk", command, cores, output)
    try:
        wrk.popen.wait(timeout=seconds + 30)
    except subprocess.TimeoutExpired:
        raise BenchError("wrk did not end 30 seconds after its time was up") from None
    finally:
        processes.stop(wrk)
    return _parse(wrk)


def _parse(wrk):
    for line in wrk.output.read_text(errors="replace").splitlines():
        if line.startswith("{"):
            totals = json.loads(line)
            totals["errors"] = {kind: count for kind, count in totals["errors"].items() if count}
            return LoadResult(**totals)
    raise BenchError(f"wrk gave no totals:\n{wrk.tail()}")
