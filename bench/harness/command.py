"""What the commands that run scenarios have in common."""

import argparse
import signal
import sys
from pathlib import Path

from .balancers import free_ports, missing_programs, raise_open_files
from .java import Java
from .machine import describe_machine
from .processes import BenchError
from .rig import Machine

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PORTS = 500
KINDS = ("weir", "nginx", "haproxy")


def run_command(name, run):
    """Runs the command; whatever ends it, its children end too."""
    # Ending by a signal must end the children: it unwinds like Ctrl-C.
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    try:
        run()
    except BenchError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"{name}: interrupted; all processes were ended")


def parse_arguments(description, names):
    parser = argparse.ArgumentParser(description=description, epilog="Scenarios: " + ", ".join(names))
    parser.add_argument("--scenarios", default=",".join(names), help="scenarios to run (default: all)")
    parser.add_argument("--balancers", default="weir", help="of weir, nginx and haproxy (default: %(default)s)")
    parser.add_argument("--scale", type=float, default=1.0, help="factor for durations (default: %(default)s)")
    parser.add_argument("--weir", type=Path, default=CHECKOUT, help="a built checkout of Weir (default: this)")
    parser.add_argument("--cores", default="0-1", help="the cores for everything (default: %(default)s)")
    arguments = parser.parse_args()
    arguments.scenarios = _chosen(parser, "scenario", arguments.scenarios, names)
    arguments.balancers = _chosen(parser, "balancer", arguments.balancers, KINDS)
    arguments.weir = arguments.weir.resolve()
    if not 0 < arguments.scale <= 100:
        parser.error("--scale wants a number above 0, up to 100")
    return arguments


def prepare(arguments, first_port):
    """Checks that all programs are there and prints what the run is made on; returns the machine, and that."""
    rivals = [name for name in arguments.balancers if name != "weir"]
    missing = missing_programs(["taskset", "setpriv", *rivals])
    if missing:
        raise BenchError(f"some programs are missing: apt-get install {' '.join(missing)}")
    described = describe_machine(arguments.balancers, arguments.weir)
    for name, value in described.items():
        print(f"{name}: {value}")
    raise_open_files()
    ports = iter(free_ports(PORTS, first_port))
    return Machine(Java(CHECKOUT), arguments.weir, ports, arguments.cores, arguments.scale), described


def _chosen(parser, what, text, known):
    names = text.split(",")
    for name in names:
        if name not in known:
            parser.error(f"no {what} {name!r}; there are {', '.join(known)}")
    return [name for name in known if name in names]
