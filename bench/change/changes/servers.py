"""Servers that are added and removed by the admin API under load."""

import time
from dataclasses import dataclass
from itertools import cycle

from .results import Result, only_weir
from .setting import AFTER_SECONDS, QUIET_SECONDS, rest, start
from .traffic import Traffic

ADDS, GUESTS = 100, 10
STAY_SECONDS, GAP_SECONDS = 0.3, 0.2
DOWNLOAD_SECONDS = 3
FIRST_REQUEST_MS = 100


@dataclass(frozen=True)
class Visit:
    """A server's time in the pool: when the API was asked and had answered, at its coming and at its going."""

    address: str
    asked: float
    answered: float
    leaving: float
    left: float


def servers(rig):
    """100 servers come and go by the API, ten addresses in turn, in the pool of requests and downloads."""
    if rig.kind != "weir":
        return only_weir("servers", rig, "nginx cannot; HAProxy's runtime API can, but forgets it at the next reload")
    balancer, known, guests = start(rig, guests=GUESTS, downloads="web")
    traffic = Traffic(rig, balancer.wanted.port, DOWNLOAD_SECONDS)
    quiet = rest(traffic, rig.scaled(QUIET_SECONDS, least=3))
    visits = []
    for _, address in zip(range(round(rig.scaled(ADDS, least=12))), cycle(guests)):
        visits.append(_visit(balancer.api, address))
        time.sleep(GAP_SECONDS)
    time.sleep(DOWNLOAD_SECONDS)
    seen = traffic.stop()
    result = Result("servers", rig.kind)
    spans = [span for visit in visits for span in ((visit.asked, visit.answered), (visit.leaving, visit.left))]
    result.count(seen, quiet, spans, AFTER_SECONDS)
    result.judge()
    _judge_visits(result, visits, known.arrivals(), seen)
    return result


def _visit(api, address):
    asked = time.monotonic()
    api.must("POST", "/v1/pools/web/servers", {"address": address})
    answered = time.monotonic()
    time.sleep(STAY_SECONDS)
    leaving = time.monotonic()
    api.must("DELETE", f"/v1/pools/web/servers/{address}")
    return Visit(address, asked, answered, leaving, time.monotonic())


def _judge_visits(result, visits, arrivals, seen):
    sent = {request.id: request.sent for request in seen.requests} | {life.id: life.start for life in seen.lives}
    ends = {life.id: life.end for life in seen.lives}
    firsts, late, finishing = [], 0, 0
    for number, visit in enumerate(visits):
        until = next((other.asked for other in visits[number + 1 :] if other.address == visit.address), float("inf"))
        mine = [arrival for arrival in arrivals if arrival.address == visit.address and visit.asked <= arrival.at < until]
        firsts.append(min(((arrival.at - visit.answered) * 1e3 for arrival in mine), default=None))
        # One that a client had sent before the answer may have been on its way.
        late += sum(sent.get(arrival.id, 0) > visit.left for arrival in mine)
        finishing += sum(ends.get(arrival.id, 0) > visit.left for arrival in mine)
    worst = None if None in firsts else max(0.0, *firsts)
    result.target("ms from the API's answer to an added server's first request, worst", worst, FIRST_REQUEST_MS)
    result.target("requests sent to a removed server after the API's answer", late, 0)
    result.notes.append(f"{finishing} downloads were under way at a server when it was removed")
    if None in firsts:
        result.notes.append(f"{firsts.count(None)} of the added servers got no request in {STAY_SECONDS} s")
