"""Reloads of the configuration file under load."""

import time
from dataclasses import replace
from itertools import count, cycle

from .results import Result
from .setting import AFTER_SECONDS, DOWNLOAD_SECONDS, QUIET_SECONDS, rest, start
from .traffic import Traffic
from .ways import ConfigFile

RELOADS, GAP_SECONDS = 100, 0.2


def reloads(rig):
    """100 reloads: servers, weights, routes, an unrelated pool, the listener's limits, a second listener."""
    balancer, *_ = start(rig)
    traffic = Traffic(rig, balancer.wanted.port, rig.scaled(DOWNLOAD_SECONDS, least=2))
    quiet = rest(traffic, rig.scaled(QUIET_SECONDS, least=3))
    spans = []
    changes = zip(kinds(balancer.wanted, rig.free_port()), cycle(ConfigFile.WAYS))
    for _ in range(round(rig.scaled(RELOADS, least=12))):
        spans.append(balancer.reload(*next(changes)))
        time.sleep(GAP_SECONDS)
    result = Result("reloads", rig.kind)
    result.count(traffic.stop(), quiet, spans, AFTER_SECONDS)
    result.judge()
    result.notes.append("WebSockets and downloads are unrelated to all changes; requests are related to servers and weights")
    return result


def kinds(wanted, second):
    """One changed configuration after the other, without end: each differs from the one before in one thing."""
    web, spare = wanted.web, wanted.spare
    for number in count():
        odd = number % 2
        wanted = replace(wanted, web=web if odd else web[:-1])
        yield wanted
        first, *others = wanted.web
        wanted = replace(wanted, web=((first[0], 1 if odd else 3), *others))
        yield wanted
        wanted = replace(wanted, routes=() if odd else ("/spare/", f"/spare-{number}/"))
        yield wanted
        wanted = replace(wanted, spare=spare if odd else spare[:-1])
        yield wanted
        wanted = replace(wanted, head_seconds=10 + odd, connections=5000 + 100 * odd)
        yield wanted
        wanted = replace(wanted, second=None if odd else second)
        yield wanted
