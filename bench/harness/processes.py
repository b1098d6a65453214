"""Child processes: started on chosen cores, watched through /proc, and each ended by its own pid."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class BenchError(Exception):
    """Something that the person at the keyboard can act on; its text is all that is shown."""


@dataclass(frozen=True)
class Cpu:
    """CPU time in seconds."""

    user: float = 0.0
    system: float = 0.0

    @property
    def total(self):
        return self.user + self.system

    def __add__(self, other):
        return Cpu(self.user + other.user, self.system + other.system)

    def __sub__(self, other):
        return Cpu(self.user - other.user, self.system - other.system)


class Process:
    """A running child. Its output goes to a file, of which the end is shown when it fails."""

    def __init__(self, name, command, cores, output, environment=None):
        self.name = name
        self.output = Path(output)
        with open(self.output, "ab") as log:
            # A session of its own: Ctrl-C reaches the runner alone, which then ends its children in order.
            self.popen = subprocess.Popen(
                ["taskset", "-c", cores, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self.pid = self.popen.pid
        # Those of its descendants that are to go on when it ends, until stop().
        self.heirs = []

    def is_running(self):
        return self.popen.poll() is None

    def pids(self):
        """This process and all its descendants."""
        return _with_descendants(self.pid)

    def cpu(self):
        """CPU time used so far by all threads of the process and its descendants."""
        return sum((_cpu_of(pid) for pid in self.pids()), Cpu())

    def compiler_seconds(self):
        """CPU time that the compiler threads of a JVM have used so far."""
        seconds = 0.0
        for thread in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                if " CompilerThre" in (thread / "comm").read_text():
                    seconds += _cpu_in(thread / "stat").total
            except OSError:
                continue  # the thread has ended
        return seconds

    def rss_bytes(self):
        """Resident memory of the process and its descendants; pages that they share count for each."""
        return sum(_rss_of(pid) for pid in self.pids())

    def tail(self, lines=12):
        return "\n".join(self.output.read_text(errors="replace").splitlines()[-lines:])

    def stop(self):
        """Asks the process to end and insists after five seconds."""
        for heir in self.heirs:
            self._end_heir(heir)
        pids = self.pids() if self.is_running() else []
        if not pids:
            return
        self.popen.terminate()
        try:
            self.popen.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        for pid in pids[1:]:
            _end_orphan(pid, self.pid)

    def _end_heir(self, heir):
        pids = _with_descendants(heir)
        try:
            if os.getsid(heir) == self.pid:
                os.kill(heir, signal.SIGTERM)
        except ProcessLookupError:
            pass
        for pid in pids:
            _end_orphan(pid, self.pid)


class Processes:
    """All children of a block of code; leaving the block ends them, newest first."""

    def __init__(self):
        self._running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        while self._running:
            self._running.pop().stop()

    def start(self, name, command, cores, output, environment=None):
        process = Process(name, command, cores, output, environment)
        self._running.append(process)
        return process

    def stop(self, process):
        self._running.remove(process)
        process.stop()


def _with_descendants(pid):
    found = [pid]
    for each in found:
        try:
            found += map(int, Path(f"/proc/{each}/task/{each}/children").read_text().split())
        except OSError:
            continue
    return found


def core_busy_seconds(core):
    """Time that a core has spent on anything at all, interrupts and stolen time included."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, ticks[:8])
            return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND
    raise BenchError(f"there is no core {core} here; choose two with --cores")


def _cpu_of(pid):
    try:
        return _cpu_in(Path(f"/proc/{pid}/stat"))
    except OSError:
        return Cpu()


def _cpu_in(stat):
    # The command name, in parentheses, may hold spaces; utime and stime are fields 14 and 15 of the line.
    fields = stat.read_text().rpartition(")")[2].split()
    return Cpu(int(fields[11]) / TICKS_PER_SECOND, int(fields[12]) / TICKS_PER_SECOND)


def _rss_of(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


def _end_orphan(pid, session):
    """Ends a descendant that outlived its parent; the session id shows that the pid was not reused."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            if os.getsid(pid) != session:
                return
        except ProcessLookupError:
            return
        time.sleep(0.02)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
