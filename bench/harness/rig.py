"""What one scenario with one balancer has: its folder, its processes, its ports."""

from dataclasses import dataclass
from pathlib import Path

from .java import Java
from .openload import Load
from .processes import Processes


@dataclass(frozen=True)
class Machine:
    """What all scenarios of a run share; ports is an iterator over free ones, scale the factor for durations."""

    java: Java
    weir: Path
    ports: object
    cores: str
    scale: float


class Rig:
    """Starts the programs and the load for one scenario with one balancer."""

    def __init__(self, machine, kind, processes, directory):
        self.kind = kind
        self.directory = directory
        self.weir = machine.weir
        self._machine = machine
        self._processes: Processes = processes

    @property
    def jdk(self):
        return self._machine.java.home

    @property
    def warm(self):
        """Seconds of load that count for nothing: a JVM compiles what is hot, the others open their connections."""
        return 6 if self.kind == "weir" else 3

    def scaled(self, seconds, least=1.0):
        return max(least, seconds * self._machine.scale)

    def free_port(self):
        return next(self._machine.ports)

    def load(self, port, *plan, **options):
        """Starts a load of (requests a second, seconds) after (requests a second, seconds)."""
        return Load(self, port, plan, options)

    def java(self, program, young, *arguments):
        return self._machine.java.command(program, young, *arguments)

    def start(self, name, command, output, end_with="KILL"):
        """Starts a process that ends by this signal when the runner is gone, even by a kill -9."""
        mortal = ["setpriv", "--pdeathsig", end_with, *command]
        return self._processes.start(name, mortal, self._machine.cores, self.directory / output)
