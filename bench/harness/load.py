"""The load generators: wrk, h2load and the client of handshakes, whose totals come back as one kind of record."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .processes import BenchError

BENCH = Path(__file__).parent.parent
SCRIPT = BENCH / "load.lua"
HANDSHAKES = BENCH / "handshakes.py"
CLIENT_TLS = {"OPENSSL_CONF": str(BENCH / "templates/client.cnf")}
H2LOAD_TLS = ("--tls13-ciphers=TLS_AES_128_GCM_SHA256", "--groups=X25519")  # it does not follow OPENSSL_CONF
# A unary call's message: the prefix of gRPC (not compressed, 24 bytes) and something like a field.
CALL = b"\0\0\0\0\x18\n\x16one small unary call.."

_TOTALS = re.compile(r"requests: \d+ total, \d+ started, (\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored, (\d+)")
_TRAFFIC = re.compile(r"traffic: \S+ \((\d+)\) total")
_STATUSES = re.compile(r"status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx")
_MEAN = re.compile(r"time for request: +\S+ +\S+ +([\d.]+)(us|ms|s)\b")
_MILLIS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True)
class Load:
    """What the clients do. With upload_bytes, each request is a POST with a body of that size.

    With streams, they speak HTTP/2 with so many requests at a time on each connection; calls are gRPC's then. With
    handshakes, "full" or "resumed", each request has a TLS connection of its own.
    """

    path: str = "/"
    connections: int = 64
    headers: tuple = ()
    upload_bytes: int = 0
    streams: int = 0
    calls: bool = False
    handshakes: str = ""

    @property
    def program(self):
        return "h2load" if self.streams else "handshakes" if self.handshakes else "wrk"


@dataclass(frozen=True)
class LoadResult:
    """What the clients saw; errors maps a kind of error to its count, kinds without one left out.

    h2load tells only the mean time of a request: it is in the place of both percentiles then.
    """

    requests: int
    seconds: float
    bytes: int
    p50_ms: float
    p99_ms: float
    errors: dict


def run_load(processes, load, balancer, seconds, cores, output):
    """Runs a load for so many seconds against a balancer and returns what the clients counted."""
    output.unlink(missing_ok=True)
    command = _COMMANDS[load.program](load, balancer, seconds, output)
    client = processes.start(load.program, command, cores, output, CLIENT_TLS if balancer.tls else None)
    try:
        client.popen.wait(timeout=seconds + 30)
    except subprocess.TimeoutExpired:
        raise BenchError(f"{client.name} did not end 30 seconds after its time was up") from None
    finally:
        processes.stop(client)
    return _parse_h2load(client, seconds) if load.streams else _parse_line(client)


def _wrk(load, balancer, seconds, _output):
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "--timeout", "10s", "-s", SCRIPT]
    for header in load.headers:
        command += ["-H", header]
    command += [_url(load, balancer)]
    if load.upload_bytes:
        command += ["--", load.upload_bytes]
    return command


def _h2load(load, balancer, seconds, output):
    command = ["h2load", "-t1", f"-c{load.connections}", f"-m{load.streams}", f"-D{seconds}", *H2LOAD_TLS]
    for header in load.headers:
        command += ["-H", header]
    if load.calls:
        message = output.with_name("call")
        message.write_bytes(CALL)
        command += ["-d", message, "-H", "content-type: application/grpc", "-H", "te: trailers"]
    return [*command, _url(load, balancer)]


def _handshakes(load, balancer, seconds, _output):
    resume = ["--resume"] if load.handshakes == "resumed" else []
    return [HANDSHAKES, balancer.port, seconds, f"--connections={load.connections}", *resume]


_COMMANDS = {"wrk": _wrk, "h2load": _h2load, "handshakes": _handshakes}


def _url(load, balancer):
    return f"{'https' if balancer.tls else 'http'}://127.0.0.1:{balancer.port}{load.path}"


def _parse_line(client):
    for line in client.output.read_text(errors="replace").splitlines():
        if line.startswith("{"):
            totals = json.loads(line)
            totals["errors"] = {kind: count for kind, count in totals["errors"].items() if count}
            return LoadResult(**totals)
    raise BenchError(f"{client.name} gave no totals:\n{client.tail()}")


def _parse_h2load(client, seconds):
    text = client.output.read_text(errors="replace")
    found = [pattern.search(text) for pattern in (_TOTALS, _TRAFFIC, _STATUSES, _MEAN)]
    if not all(found):
        raise BenchError(f"h2load gave no totals:\n{client.tail()}")
    totals, traffic, statuses, mean = found
    done, failed, errored, timeout = map(int, totals.groups())
    errors = {"failed": failed, "errored": errored, "timeout": timeout, "status": sum(map(int, statuses.groups()))}
    mean_ms = float(mean[1]) * _MILLIS[mean[2]]
    return LoadResult(
        requests=done,
        seconds=float(seconds),
        bytes=int(traffic[1]),
        p50_ms=mean_ms,
        p99_ms=mean_ms,
        errors={kind: count for kind, count in errors.items() if count},
    )
