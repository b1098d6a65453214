"""Reloads of the configuration file under load."""

import time
from dataclasses import replace
from itertools import cycle

from .balancers import BALANCERS
from .results import Result
from .traffic import Traffic, start_servers
from .wanted import Wanted
from .ways import ConfigFile

RELOADS, GAP_SECONDS = 100, 0.2
QUIET_SECONDS, DOWNLOAD_SECONDS, AFTER_SECONDS = 20, 10, 0.5
WEB, STREAMS, SPARE = 4, 3, 2


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


def start(rig, guests=0, **options):
    """A balancer with these options of what is wanted, the servers before which it is, and further ones that it does not know."""
    servers = start_servers(rig, WEB + STREAMS + SPARE + guests)
    web, rest_of = servers.addresses[:WEB], servers.addresses[WEB:]
    wanted = Wanted(
        port=rig.free_port(),
        admin=rig.free_port(),
        web=tuple((address, 1) for address in web),
        streams=tuple(rest_of[:STREAMS]),
        spare=tuple(rest_of[STREAMS : STREAMS + SPARE]),
        **options,
    )
    return BALANCERS[rig.kind](rig, wanted), servers, rest_of[STREAMS + SPARE :]


def rest(traffic, seconds):
    """Waits until the load is warm and for so many seconds; returns (start, end) of these."""
    time.sleep(max(0.0, traffic.begin + seconds - time.monotonic()))
    return traffic.begin, time.monotonic()


def kinds(wanted, second):
    """One changed configuration after the other, without end: each differs from the one before in one thing."""
    full, weights = wanted.web, (1, 3)
    for number in cycle(range(1_000_000)):
        odd = number % 2
        wanted = replace(wanted, web=full[:-1] if odd == 0 else full)
        yield wanted
        wanted = replace(wanted, web=tuple((address, weights[1 - odd]) for address, _ in wanted.web))
        yield wanted
        wanted = replace(wanted, routes=() if odd else ("/spare/", f"/spare-{number}/"))
        yield wanted
        # With the pool go its routes.
        wanted = replace(wanted, spare=wanted.spare[::-1])
        yield wanted
        wanted = replace(wanted, head_seconds=10 + odd, connections=5000 + 100 * odd)
        yield wanted
        wanted = replace(wanted, second=None if odd else second)
        yield wanted
