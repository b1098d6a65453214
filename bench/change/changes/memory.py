"""What a thousand reloads leave behind."""

import re
import subprocess
import time
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from harness.findings import ratio
from harness.processes import BenchError

from .reloads import kinds
from .results import Result, only_weir
from .setting import AFTER_SECONDS, DOWNLOAD_SECONDS, QUIET_SECONDS, rest, start
from .traffic import Traffic
from .ways import ConfigFile

FIRST, LAST = 10, 1000
# After so many changes the configuration is what it was.
PERIOD = 12
SETTLE_SECONDS = 10
GROWTH = 1.05
# The JVM has more or fewer of these as it sees fit: compilers, and carriers of virtual threads.
PASSING_THREADS = ("C1 Compiler", "C2 Compiler", "ForkJoinPool")
# As /proc/net/tcp has it.
LISTENING = "0A"


@dataclass(frozen=True)
class Footprint:
    """What a process takes when its garbage is collected."""

    heap: int  # KiB
    rss: int  # KiB
    threads: int
    descriptors: int  # but those of connections


def memory(rig):
    """1,000 reloads of all kinds under load: memory, threads and descriptors as after the first ten."""
    if rig.kind != "weir":
        return only_weir("memory", rig, "each reload is a new process")
    balancer, *_ = start(rig)
    traffic = Traffic(rig, balancer.wanted.port, rig.scaled(DOWNLOAD_SECONDS, least=2))
    quiet = rest(traffic, rig.scaled(QUIET_SECONDS, least=3))
    changes = zip(kinds(balancer.wanted, rig.free_port()), cycle(ConfigFile.WAYS))
    spans = [balancer.reload(*next(changes)) for _ in range(FIRST)]
    early = _footprint(rig, balancer.pid)
    half = max(1, round(rig.scaled(LAST - FIRST) / PERIOD / 2)) * PERIOD
    spans += [balancer.reload(*next(changes)) for _ in range(half)]
    middle = _footprint(rig, balancer.pid)
    spans += [balancer.reload(*next(changes)) for _ in range(half)]
    late = _footprint(rig, balancer.pid)
    result = Result("memory", rig.kind)
    result.count(traffic.stop(), quiet, spans, AFTER_SECONDS)
    result.judge(p99=False)
    for name, unit in (("heap", " KiB"), ("rss", " KiB"), ("threads", ""), ("descriptors", "")):
        before, between, after = (getattr(footprint, name) for footprint in (early, middle, late))
        limit = GROWTH if unit else 1
        result.target(f"{name} after {len(spans)} reloads / after {FIRST}", ratio(after, before), limit)
        result.notes.append(
            f"{name}{unit}: {before} after {FIRST} reloads, {between} after {FIRST + half}, {after} after {len(spans)}"
        )
    return result


def _footprint(rig, pid):
    # Connections to servers that are gone have their time, and so have those who use them.
    time.sleep(rig.scaled(SETTLE_SECONDS, least=3))
    for _ in range(2):
        _jcmd(rig, pid, "GC.run")
    used = re.search(r"DefNew.*?used (\d+)K.*?Tenured.*?used (\d+)K", _jcmd(rig, pid, "GC.heap_info"), re.S)
    if not used:
        raise BenchError("the JVM tells its heap in other words than this runner knows")
    process = Path(f"/proc/{pid}")
    threads = [(task / "comm").read_text() for task in (process / "task").iterdir()]
    rss = int(re.search(r"VmRSS:\s+(\d+)", (process / "status").read_text())[1])
    return Footprint(
        int(used[1]) + int(used[2]),
        rss,
        sum(not name.startswith(PASSING_THREADS) for name in threads),
        _descriptors(process),
    )


def _descriptors(process):
    """How many are open, those of connections left out: these come and go with the load."""
    listening = set()
    for table in ("tcp", "tcp6"):
        rows = (process / "net" / table).read_text().splitlines()[1:]
        listening |= {f"socket:[{row.split()[9]}]" for row in rows if row.split()[3] == LISTENING}
    names = []
    for descriptor in (process / "fd").iterdir():
        try:
            names.append(str(descriptor.readlink()))
        except FileNotFoundError:
            continue  # closed meanwhile
    return sum(name in listening or not name.startswith("socket:") for name in names)


def _jcmd(rig, pid, command):
    done = subprocess.run([rig.jdk / "bin/jcmd", str(pid), command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"jcmd {command} failed: {done.stderr or done.stdout}")
    return done.stdout
