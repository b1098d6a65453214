"""Processes of the balancer that take over from others under load."""

import time
from dataclasses import replace

from .balancers import BALANCERS
from .results import Result
from .setting import AFTER_SECONDS, QUIET_SECONDS, rest, start
from .traffic import Traffic

UPGRADES, STOPS, SETTLE_SECONDS = 20, 10, 3
# WebSockets have less time than downloads need: theirs ends by the clock.
STOPPING_SECONDS, DOWNLOAD_SECONDS = 4, 3

UPGRADE_NOTES = {
    "nginx": ["one upgrade: it refuses another while the process before has WebSockets"],
    "haproxy": ["its reload executes the program anew: the same as an upgrade"],
}


def upgrades(rig):
    """20 upgrades: a new process takes over the sockets, the old one ends when its streams do."""
    balancer, *_ = start(rig)
    traffic = Traffic(rig, balancer.wanted.port, DOWNLOAD_SECONDS)
    quiet = rest(traffic, rig.scaled(QUIET_SECONDS, least=3))
    spans = []
    # While an old nginx has WebSockets, a further upgrade is refused.
    for _ in range(1 if rig.kind == "nginx" else round(rig.scaled(UPGRADES, least=3))):
        spans.append(balancer.upgrade())
        time.sleep(rig.scaled(SETTLE_SECONDS))
    result = Result("upgrades", rig.kind)
    result.count(traffic.stop(), quiet, spans, AFTER_SECONDS)
    result.judge()
    result.notes += UPGRADE_NOTES.get(rig.kind, [])
    return result


def stops(rig):
    """10 stops, each with another instance on the same port that was started before and is ready."""
    balancer, *_ = start(rig, reuse_port=True, stopping=STOPPING_SECONDS)
    traffic = Traffic(rig, balancer.wanted.port, DOWNLOAD_SECONDS)
    quiet = rest(traffic, rig.scaled(QUIET_SECONDS, least=3))
    spans = []
    for number in range(round(rig.scaled(STOPS, least=2))):
        other = BALANCERS[rig.kind](rig, replace(balancer.wanted, admin=rig.free_port()), f"instance-{number}")
        time.sleep(rig.scaled(SETTLE_SECONDS))
        spans.append(balancer.stop())
        balancer = other
    time.sleep(1)
    result = Result("stops", rig.kind)
    result.count(traffic.stop(), quiet, spans, AFTER_SECONDS)
    result.judge(websockets=False)
    result.notes.append(f"WebSockets have {STOPPING_SECONDS} s to end; {result.websockets_lost} were ended then")
    return result
