"""Scenarios in which servers die, come back, or stop answering."""

import time
from dataclasses import dataclass

from harness.findings import ratio
from harness.openload import between, percentile, wait_until
from harness.servers import Server

from .balancers import CHECK_SECONDS, VERDICT_SECONDS
from .results import Result

RATE, POSTS = 1000, 0.2
SERVICE_MS = 5
# A killed server is away for longer than the balancers need to notice, and then long enough to be back in use.
AWAY_SECONDS = VERDICT_SECONDS + 0.5
BACK_SECONDS = 3
FROZEN_SECONDS = 6
# What a request may need beyond its time in the quiet before the fault.
LATEST_FROZEN_MS = 2500


@dataclass(frozen=True)
class Death:
    """A server's end: the kill was sent at killing, and at killed the kernel had closed all its connections."""

    server: Server
    killing: float
    killed: float


def kill(rig):
    """kill -9 of one of four servers."""
    servers, balancer, load, quiet = _start(rig, rig.scaled(6, least=4))
    wait_until(quiet[1])
    death = _kill(servers[0])
    requests = load.finish()
    result = _result("kill", rig, requests, (quiet[0], death.killing), (death.killing, death.killing + 1))
    _judge_deaths(result, requests, servers, [death])
    tries = balancer.tries(servers[0], death.killed)
    result.target("p99 in the second of the kill / quiet", ratio(result.p99_fault, result.p99_quiet), 1.5)
    result.target("requests that tried the dead server", tries, 2)
    return result


def restart(rig):
    """kill -9 of one of four servers, and its start some seconds later."""
    servers, _, load, quiet = _start(rig, AWAY_SECONDS + BACK_SECONDS)
    wait_until(quiet[1])
    death = _kill(servers[0])
    wait_until(quiet[1] + AWAY_SECONDS)
    servers[0].start()
    started = servers[0].await_start()
    requests = load.finish()
    result = _result("restart", rig, requests, (quiet[0], death.killing), (started, started + 1))
    _judge_deaths(result, requests, servers, [death])
    result.back = _first_after(servers[0], started)
    result.target("ms from the restart to the first request", result.back, CHECK_SECONDS * 1000 + 100)
    result.target("p99 in the second after the restart / quiet", ratio(result.p99_fault, result.p99_quiet), 1.5)
    return result


def rolling(rig):
    """All four servers are killed and restarted, one after the other; each is away for a second."""
    turn = 1 + BACK_SECONDS
    servers, _, load, quiet = _start(rig, 4 * turn + 1)
    deaths, backs = [], []
    for number, server in enumerate(servers):
        wait_until(quiet[1] + number * turn)
        deaths.append(_kill(server))
        time.sleep(1)
        server.start()
        backs.append((server, server.await_start()))
    requests = load.finish()
    first, last = deaths[0].killing, deaths[-1].killing
    result = _result("rolling", rig, requests, (quiet[0], first), (first, last + turn))
    _judge_deaths(result, requests, servers, deaths)
    firsts = [_first_after(server, started) for server, started in backs]
    result.back = None if None in firsts else max(firsts)
    seconds = [between(requests, death.killing, death.killing + 1) for death in deaths]
    # On a starved machine a restart can take so long that the load is over before the next kill.
    worst = max(percentile(second, 0.99) for second in seconds) if all(seconds) else None
    result.target("p99 in the worst second of a kill / quiet", ratio(worst, result.p99_quiet), 1.5)
    result.target("ms from a restart to the first request, worst of four", result.back, CHECK_SECONDS * 1000 + 100)
    return result


def blackhole(rig):
    """One of four servers accepts connections and requests and never answers, its checks neither."""
    servers, _, load, quiet = _start(rig, rig.scaled(7, least=VERDICT_SECONDS + 2))
    wait_until(quiet[1])
    fault = servers[0].behave(hang="true")
    requests = load.finish()
    result = _result("blackhole", rig, requests, (quiet[0], fault), (fault, fault + 1))
    _judge_silence(result, requests, servers[0], fault)
    normal = max(request.ms for request in between(requests, *quiet))
    gets = [request.ms for request in requests if request.method == "GET"]
    result.target("ms that the slowest GET took", max(gets), VERDICT_SECONDS * 1000 + normal)
    result.reached = sum(arrival.at > fault + VERDICT_SECONDS for arrival in servers[0].arrivals())
    result.target("requests sent there after the verdict", result.reached, 0)
    return result


def frozen(rig):
    """SIGSTOP of one of four servers: the kernel still accepts connections and requests for it."""
    servers, _, load, quiet = _start(rig, FROZEN_SECONDS)
    wait_until(quiet[1])
    fault = time.monotonic()
    servers[0].freeze()
    requests = load.finish()
    servers[0].thaw()
    # It now reads what the kernel has kept for it, which tells what was sent there.
    time.sleep(0.5)
    result = _result("frozen", rig, requests, (quiet[0], fault), (fault, fault + 1))
    _judge_silence(result, requests, servers[0], fault)
    gets = [request.ms for request in requests if request.method == "GET"]
    result.target("ms that the slowest GET took", max(gets), LATEST_FROZEN_MS)
    late = {request.id for request in requests if request.sent > fault + VERDICT_SECONDS}
    result.reached = sum(arrival.id in late for arrival in servers[0].arrivals())
    result.target("requests sent there after the verdict", result.reached, 0)
    return result


def _start(rig, trouble_seconds):
    """Four servers, the balancer, and a load with a time of quiet before so many seconds of trouble."""
    servers = rig.servers(4, service=SERVICE_MS)
    balancer = rig.balancer(servers)
    quiet_seconds = rig.scaled(6, least=3)
    load = rig.load(balancer, (RATE, quiet_seconds + trouble_seconds), post=POSTS)
    return servers, balancer, load, (load.begin, load.begin + quiet_seconds)


def _kill(server):
    killing = time.monotonic()
    server.kill()
    return Death(server, killing, time.monotonic())


def _result(scenario, rig, requests, quiet, fault):
    result = Result(scenario, rig.kind)
    result.count(requests, quiet, fault)
    result.target("failed GETs", result.failed_gets, 0)
    return result


def _judge_deaths(result, requests, servers, deaths):
    """A POST may fail when bytes of it had gone to a server that died.

    They had when that server noted the request. They may have when nobody noted it and it was on its way between the
    kill and the closing of the connections by the kernel: it then was in a buffer that nobody read any more.
    """
    noted = {server: {arrival.id for arrival in server.arrivals()} for server in servers}
    anywhere = set().union(*noted.values())

    def gone(post):
        return any(
            post.sent <= death.killed
            and post.end >= death.killing
            and (post.id in noted[death.server] or post.id not in anywhere)
            for death in deaths
        )

    posts = [request for request in requests if request.failed and request.method == "POST"]
    result.posts_gone = sum(map(gone, posts))
    result.target("failed POSTs of which no byte had gone to a dying server", len(posts) - result.posts_gone, 0)


def _judge_silence(result, requests, silent, fault):
    """A POST may fail when it was sent to the server that fell silent."""
    noted = {arrival.id for arrival in silent.arrivals()}
    posts = [request for request in requests if request.failed and request.method == "POST"]
    result.posts_gone = sum(post.id in noted and post.end >= fault for post in posts)
    result.target("failed POSTs that had not gone to the silent server", len(posts) - result.posts_gone, 0)


def _first_after(server, started):
    """The ms from a start to the first request; None when there was none."""
    return min(((arrival.at - started) * 1e3 for arrival in server.arrivals() if arrival.at >= started), default=None)
