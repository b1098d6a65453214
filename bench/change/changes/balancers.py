"""The balancers that are changed: their start, and how each is told of a change and known to have made it."""

import http.client
import json
import os
import signal
import time
from pathlib import Path

from harness.processes import BenchError

from .wanted import write_haproxy, write_nginx, write_weir
from .ways import ConfigFile

CHANGE_SECONDS = 60
# Asking more often would be a load of its own.
LOOK_SECONDS = 0.01


class Refused(BenchError):
    """The balancer says no."""


class Api:
    """Weir's admin API on one kept-alive connection."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CHANGE_SECONDS)

    def ask(self, method, path, content=None):
        """Returns (status, content); the content is None where there is none."""
        body = None if content is None else json.dumps(content)
        fields = {"Content-Type": "application/json"} if body else {}
        try:
            self._connection.request(method, path, body, fields)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        json_type = "json" in (answer.headers.get("Content-Type") or "")
        return answer.status, json.loads(text) if json_type and text else None

    def must(self, method, path, content=None):
        status, answer = self.ask(method, path, content)
        if status >= 300:
            raise Refused(f"{method} {path} is answered with {status}: {answer}")
        return answer

    def close(self):
        self._connection.close()


def _answers(port, path):
    try:
        return Api(port).ask("GET", path)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


class Balancer:
    """A balancer that runs, in a folder of its own."""

    def __init__(self, rig, wanted, name="one"):
        self.wanted = wanted
        self.directory = rig.directory / name
        self.directory.mkdir()
        self._drafts = self.directory / "drafts"
        self._drafts.mkdir()
        self._rig = rig
        self.file = ConfigFile(self.directory, self._write(wanted).name)
        self.file.create(self._write(wanted))
        self.launch()

    def launch(self):
        """Starts the process; returns when it answers."""
        self.process = self._rig.start(self._rig.kind, self._command(), self.directory / "log", end_with="TERM")
        self.pid = self._first_pid()
        self._await(self._is_ready, "start")
        self._await(lambda: _answers(self.wanted.port, "/bytes/1"), "answer")

    def reload(self, wanted, way):
        """Changes to this; returns (start, end): from the signal until it is in force."""
        self.file.write(self._write(wanted), way)
        before = self._marks()
        start = time.monotonic()
        self._signal_reload()
        self._await(lambda: self._is_changed(before), "change")
        self.wanted = wanted
        return start, time.monotonic()

    def upgrade(self):
        """Has a new process take over; returns (start, end): from the signal until it serves."""
        former = self.pid
        start = time.monotonic()
        os.kill(former, signal.SIGUSR2)
        self._await(lambda: self._successor() != former, "upgrade", former)
        self.pid = self._successor()
        self.process.heirs.append(self.pid)
        self._dismiss(former)
        return start, time.monotonic()

    def stop(self):
        """Stops the process as an operator does; returns (start, end): from the signal until it has ended."""
        start = time.monotonic()
        os.kill(self.pid, self._stop_signal)
        while self._runs(self.pid):
            if time.monotonic() > start + CHANGE_SECONDS:
                raise BenchError(f"{self._rig.kind} did not stop; the end of its output:\n{self.process.tail()}")
            time.sleep(0.01)
        return start, time.monotonic()

    def log(self):
        return self.process.output.read_text(errors="replace")

    def _write(self, wanted):
        draft = self._write_into(wanted, self._drafts)
        # Other files of the configuration are beside the real one.
        draft.write_text(draft.read_text().replace(str(self._drafts), str(self.directory)))
        return draft

    def _first_pid(self):
        return self.process.pid

    def _successor(self):
        """The number in the PID file."""
        try:
            return int((self.directory / f"{self._rig.kind}.pid").read_text())
        except (OSError, ValueError):
            return self.pid

    def _await(self, condition, what, pid=None):
        deadline = time.monotonic() + CHANGE_SECONDS
        while time.monotonic() < deadline and self._runs(pid or self.pid):
            if condition():
                return
            time.sleep(LOOK_SECONDS)
        raise BenchError(f"{self._rig.kind} did not {what}; the end of its output:\n{self.process.tail()}")

    def _runs(self, pid):
        self.process.popen.poll()  # or it would still be there when it has ended
        return Path(f"/proc/{pid}").exists()

    def _children(self):
        try:
            return set(Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split())
        except OSError:
            return set()


class Weir(Balancer):
    _write_into = staticmethod(write_weir)
    _stop_signal = signal.SIGTERM

    def __init__(self, rig, wanted, name="one"):
        self.api = Api(wanted.admin)
        super().__init__(rig, wanted, name)

    def kill(self):
        self.process.popen.kill()
        self.process.popen.wait()

    def status(self):
        return self.api.must("GET", "/v1/status")

    def _dismiss(self, former):
        """It goes by itself."""

    def _command(self):
        return [self._rig.weir / "bin/weir", "run", self.file.path]

    def _is_ready(self):
        return _answers(self.wanted.admin, "/readyz")

    def _marks(self):
        return self.status().get("last_reload")

    def _signal_reload(self):
        os.kill(self.pid, signal.SIGHUP)

    def _is_changed(self, before):
        last = self.status().get("last_reload")
        if last is None or last == before:
            return False
        if last["outcome"] == "refused":
            raise Refused(f"weir refused a reload: {last['problems']}")
        return True


class Nginx(Balancer):
    _write_into = staticmethod(write_nginx)
    _stop_signal = signal.SIGQUIT

    def _command(self):
        # It takes an upgrade only when its parent has ended, as that of a daemon has, and with a whole path.
        nginx = '$(command -v nginx) -p "$0" -c "$1" & while [ ! -s "$0/nginx.pid" ]; do sleep 0.02; done'
        return ["sh", "-c", nginx, self.directory, self.file.path]

    def _first_pid(self):
        self.process.popen.wait(timeout=CHANGE_SECONDS)
        pid = self._successor()
        self.process.heirs.append(pid)
        return pid

    def _is_ready(self):
        # It forks workers when it listens.
        return bool(self._children())

    def _dismiss(self, former):
        os.kill(former, signal.SIGQUIT)

    def _marks(self):
        return self._children()

    def _signal_reload(self):
        os.kill(self.pid, signal.SIGHUP)

    def _is_changed(self, before):
        # As many new workers as there are of one generation.
        return len(self._children() - before) >= 2


class Haproxy(Balancer):
    _write_into = staticmethod(write_haproxy)
    _stop_signal = signal.SIGUSR1

    def _command(self):
        return ["haproxy", "-W", "-db", "-f", self.file.path]

    def _is_ready(self):
        return bool(self._children())

    def upgrade(self):
        return self.reload(self.wanted, "rename")

    def _marks(self):
        return self._children()

    def _signal_reload(self):
        # The master executes the program anew, which gets the sockets of the old worker.
        os.kill(self.pid, signal.SIGUSR2)

    def _is_changed(self, before):
        return bool(self._children() - before)


BALANCERS = {"weir": Weir, "nginx": Nginx, "haproxy": Haproxy}
