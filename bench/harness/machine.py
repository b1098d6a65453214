"""What a run was made on and of."""

import datetime
import os
import platform
import subprocess


def describe_machine(kinds, weir):
    """What a reader of figures wants to know; kinds are the balancers, weir is the checkout."""
    versions = {"nginx": ["nginx", "-v"], "haproxy": ["haproxy", "-v"]}
    described = {
        "date": datetime.datetime.now().isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores",
        "load average": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }
    for name in kinds:
        if name in versions:
            described[name] = _first_line(versions[name])
    if "weir" in kinds:
        described["weir"] = _first_line(["git", "-C", weir, "describe", "--always", "--dirty"])
    return described


def _first_line(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else "unknown"
