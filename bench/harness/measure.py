"""Runs rows: starts what a row needs, lets the rounds of its contestants take turns, and collects figures."""

import os
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path

from . import balancers
from .balancers import Place, Setup
from .load import Load, run_load
from .processes import BenchError, core_busy_seconds
from .rows import CpuRow, IdleRow, RateRow

OWN_REFERENCE = "weir, reference"
LOG_FLUSH_SECONDS = 1.3
LOGGED_SHARE = 0.99
# A JVM is warm when its compilers take less than this share of its CPU time; a few rows take half a minute to it.
COMPILING_SHARE = 0.01
SETTLE_STEP_SECONDS, SETTLE_CALM_STEPS, SETTLE_MOST_STEPS = 3, 3, 20


@dataclass(frozen=True)
class Options:
    """What the command line chose; seconds and warmup are per run, cores a pair of core numbers."""

    kinds: tuple
    rounds: int
    seconds: int
    warmup: int
    weir: Path
    balancer_core: str
    load_core: str

    @property
    def both_cores(self):
        return f"{self.balancer_core},{self.load_core}"


@dataclass(frozen=True)
class Run:
    """One contestant's run in one round. Void when anything went wrong: the reason is then in void."""

    contestant: str
    requests: int
    requests_per_second: float
    user_us: float  # CPU per unit: a request, or a MiB of body
    system_us: float
    busy: float  # share of the run in which the balancer had its core, in cores
    others: float  # share of the run in which its core worked for anybody else
    p99_ms: float
    void: str = ""

    @property
    def cpu_us(self):
        return self.user_us + self.system_us


class Bench:
    """The running answering servers, and the means to run rows against them."""

    def __init__(self, options, processes, directory):
        self._options = options
        self._processes = processes
        self._directory = directory
        self._ports = balancers.free_ports(6)
        self._started = 0
        self._servers = None

    def run(self, row):
        """Runs a row and returns its figures: a list of records, of the type that the row's kind has."""
        if isinstance(row, IdleRow):
            return self._idle(row)
        if isinstance(row, (CpuRow, RateRow)):
            return self._rounds(row)
        return self._starts(row)

    # Rows of interleaved rounds

    def _rounds(self, row):
        pinned = isinstance(row, CpuRow)
        self._serve(self._options.load_core if pinned else self._options.both_cores)
        contestants = self._start_contestants(row, pinned)
        for _, balancer, load in contestants:
            self._warm_up(balancer, load, pinned)
        runs = []
        for round_number in range(self._options.rounds * (1 if pinned else row.rounds_factor)):
            turn = round_number % len(contestants)
            for name, balancer, load in contestants[turn:] + contestants[:turn]:
                runs.append(self._measure(row, name, balancer, load, pinned))
        for _, balancer, _ in contestants:
            self._processes.stop(balancer.process)
        return runs

    def _start_contestants(self, row, pinned):
        cores = self._options.balancer_core if pinned else self._options.both_cores
        rivals = getattr(row, "against", self._options.kinds)
        kinds = [kind for kind in self._options.kinds if kind == "weir" or kind in rivals]
        contestants = [(kind, self._start(kind, row.setup, cores), row.load) for kind in kinds]
        reference = getattr(row, "own_reference", None)
        if reference is not None and "weir" in self._options.kinds:
            load = replace(row.load, path=reference.prefix)
            contestants.append((OWN_REFERENCE, self._start("weir", reference, cores), load))
        return contestants

    def _measure(self, row, name, balancer, load, pinned):
        if balancer.log:
            os.truncate(balancer.log, 0)
        core = self._options.balancer_core
        core_before, cpu_before = core_busy_seconds(core), balancer.process.cpu()
        result = self._load(balancer, load, self._options.seconds, pinned)
        cpu, core_busy = balancer.process.cpu() - cpu_before, core_busy_seconds(core) - core_before
        units = result.requests * (getattr(row, "mebibytes", 0) or 1) or 1
        return Run(
            contestant=name,
            requests=result.requests,
            requests_per_second=result.requests / result.seconds,
            user_us=cpu.user / units * 1e6,
            system_us=cpu.system / units * 1e6,
            busy=cpu.total / result.seconds,
            others=max(0.0, core_busy - cpu.total) / result.seconds if pinned else 0.0,
            p99_ms=result.p99_ms,
            void=_void(balancer, result),
        )

    # Idle connections

    def _idle(self, row):
        self._serve(self._options.load_core)
        runs = []
        for round_number in range(min(3, self._options.rounds)):
            for kind in self._options.kinds:
                runs.append(self._idle_run(row, kind))
        return runs

    def _idle_run(self, row, kind):
        # A fresh process each time: memory once taken for connections is seldom given back.
        balancer = self._start(kind, Setup(), self._options.balancer_core)
        self._warm_up(balancer, Load(), pinned=True)
        before = balancer.process.rss_bytes()
        clients = []
        try:
            for _ in range(row.connections):
                clients.append(_connected_client(balancer.port))
            cpu_before = balancer.process.cpu()
            time.sleep(row.idle_seconds)
            cpu = balancer.process.cpu() - cpu_before
            grown = balancer.process.rss_bytes() - before
            closed = sum(_is_closed(client) for client in clients)
        finally:
            for client in clients:
                client.close()
        self._processes.stop(balancer.process)
        return {
            "contestant": kind,
            "kib_per_connection": grown / row.connections / 1024,
            "cpu": cpu.total / row.idle_seconds,
            "void": f"{closed} connections were closed" if closed else "",
        }

    # Starts

    def _starts(self, row):
        cores = self._options.both_cores
        self._serve(self._options.load_core)
        runs = []
        for _ in range(row.starts):
            for kind in self._options.kinds:
                runs.append(self._start_run(row, kind, cores))
        for kind in self._options.kinds:
            runs.append(self._steady_run(kind, cores))
        return runs

    def _start_run(self, row, kind, cores):
        place = self._place(kind, cores)
        started = time.monotonic()
        balancer = balancers.spawn_balancer(self._processes, kind, Setup(), place, self._options.weir)
        balancers.wait_for_answer(balancer.process, "127.0.0.1", balancer.port)
        first_answer = time.monotonic() - started
        result = self._load(balancer, Load(), row.first_seconds, pinned=True)
        rss = balancer.process.rss_bytes()
        self._processes.stop(balancer.process)
        return {
            "contestant": kind,
            "first_answer_seconds": first_answer,
            "first_requests_per_second": result.requests / result.seconds,
            "rss_mib": rss / (1 << 20),
            "void": _errors(result),
        }

    def _steady_run(self, kind, cores):
        balancer = self._start(kind, Setup(), cores)
        self._warm_up(balancer, Load(), pinned=True)
        result = self._load(balancer, Load(), self._options.seconds, pinned=True)
        rss = balancer.process.rss_bytes()
        self._processes.stop(balancer.process)
        return {
            "contestant": kind,
            "steady_requests_per_second": result.requests / result.seconds,
            "rss_mib": rss / (1 << 20),
            "void": _errors(result),
        }

    # What all rows share

    def start(self, kind, setup, environment=None):
        """Starts the answering servers, if they do not run, and a balancer before them, each on its core."""
        self._serve(self._options.load_core)
        return self._start(kind, setup, self._options.balancer_core, environment)

    def warm_up(self, balancer, load):
        """Runs a load against a balancer until it has compiled what is hot."""
        self._warm_up(balancer, load, pinned=True)

    def load(self, balancer, load, seconds):
        """Runs a load on the load generator's core against a balancer."""
        return self._load(balancer, load, seconds, pinned=True)

    def _serve(self, cores):
        if self._servers is None:
            self._servers = balancers.start_servers(self._processes, self._directory, self._ports[0], cores)
        for pid in self._servers.pids():
            os.sched_setaffinity(pid, {int(core) for core in cores.split(",")})

    def _start(self, kind, setup, cores, environment=None):
        place = self._place(kind, cores)
        return balancers.start_balancer(self._processes, kind, setup, place, self._options.weir, environment)

    def _place(self, kind, cores):
        self._started += 1
        directory = self._directory / f"{self._started}-{kind}"
        directory.mkdir()
        # Each start has the next port of the block: the one before may linger for a moment.
        port = self._ports[2 + self._started % (len(self._ports) - 2)]
        return Place(directory, port, cores, self._ports[0])

    def _load(self, balancer, load, seconds, pinned):
        cores = self._options.load_core if pinned else self._options.both_cores
        return run_load(self._processes, load, balancer, seconds, cores, self._directory / "load.log")

    def _warm_up(self, balancer, load, pinned):
        # Only a JVM compiles as it runs; the others need no more than their connections.
        if balancer.name != "weir":
            self._load(balancer, load, min(1, self._options.warmup), pinned)
            return
        self._load(balancer, load, self._options.warmup, pinned)
        quiet = 0
        for _ in range(SETTLE_MOST_STEPS):
            compiling, all_threads = balancer.process.compiler_seconds(), balancer.process.cpu().total
            self._load(balancer, load, SETTLE_STEP_SECONDS, pinned)
            compiling = balancer.process.compiler_seconds() - compiling
            calm = compiling < COMPILING_SHARE * (balancer.process.cpu().total - all_threads)
            quiet = quiet + 1 if calm else 0
            # Rows with few requests a second reach the compilers' thresholds late: one calm step may be a pause.
            if quiet == SETTLE_CALM_STEPS:
                return


def _void(balancer, result):
    """Why a run does not count, or an empty text."""
    errors = _errors(result)
    if errors or balancer.log is None:
        return errors
    time.sleep(LOG_FLUSH_SECONDS)
    with open(balancer.log, "rb") as log:
        lines = sum(block.count(b"\n") for block in iter(lambda: log.read(1 << 20), b""))
    return f"{lines} lines logged" if lines < LOGGED_SHARE * result.requests else ""


def _errors(result):
    if result.requests == 0:
        return "no answers"
    return ", ".join(f"{count} {kind} errors" for kind, count in result.errors.items())


def _connected_client(port):
    """A connection that has had one answer and waits for its next request."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
    answer = b""
    while not answer.endswith(balancers.SMALL_ANSWER.encode()):
        part = client.recv(4096)
        if not part:
            raise BenchError(f"a connection was closed during its first answer: {answer!r}")
        answer += part
    client.setblocking(False)
    return client


def _is_closed(client):
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
