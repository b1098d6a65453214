"""Scenarios in which clients want more than there is, or hold what they should not."""

import time

from harness.findings import ratio
from harness.openload import between, percentile, wait_until
from harness.processes import BenchError

from .balancers import Setup
from .clients import SlowClients, ask, read_answer
from .results import Result

# Each server works on so many requests at a time, for so long: together, 800 requests/s.
SERVERS, CONCURRENCY, WORK_MS = 4, 8, 40
CAPACITY = SERVERS * CONCURRENCY * 1000 // WORK_MS
USUAL_RATE, OVERLOAD_RATE = CAPACITY // 2, CAPACITY * 3 // 2
OVERLOAD_SECONDS, AFTER_SECONDS = 10, 5
QUEUE_MS = 500
NORMAL_FACTOR, SLOT_SECONDS = 1.5, 0.1

RATE, SERVICE_MS = 1000, 5
SLOW_CLIENTS, SLOW_BYTE_SECONDS, HEAD_SECONDS = 500, 2, 5

DEAF_CLIENTS, DEAF_BYTES, READ_BYTES = 100, 100_000_000, 2_000_000
KIB_EACH = 64


def overload150(rig):
    """Half as many requests again as the servers can answer, with a bound on the requests at a server."""
    return _overload(rig, "overload150", Setup(max_requests=CONCURRENCY, queue_ms=QUEUE_MS))


def overload150_adaptive(rig):
    """The same, but the balancer finds the bound itself, which only Weir does."""
    if rig.kind != "weir":
        return None
    return _overload(rig, "overload adaptive", Setup(adaptive=True, queue_ms=QUEUE_MS))


def _overload(rig, name, setup):
    result = Result(name, rig.kind)
    missing = rig.features.missing(setup) if rig.kind == "weir" else []
    if missing:
        result.notes.append(f"not run: this build refuses {', '.join(missing)}")
        return result
    servers = rig.servers(SERVERS, service=WORK_MS, concurrency=CONCURRENCY)
    balancer = rig.balancer(servers, setup)
    calm, over = rig.scaled(4), rig.scaled(OVERLOAD_SECONDS, least=5)
    plan = [(USUAL_RATE, calm), (OVERLOAD_RATE, over), (USUAL_RATE, AFTER_SECONDS)]
    load = rig.load(balancer, *plan)
    quiet = (load.begin, load.begin + calm)
    overload = (quiet[1], quiet[1] + over)
    requests = load.finish()
    result.count(requests, quiet, overload)
    answered = [request for request in requests if not request.failed]
    goodput = sum(overload[0] <= request.end < overload[1] for request in answered) / over
    accepted = percentile(between(answered, *overload), 0.99)
    result.target("% of capacity that is not used in the overload", 100 * (1 - goodput / CAPACITY), 5)
    result.target("p99 of accepted requests in the overload", accepted, QUEUE_MS + result.p99_quiet + WORK_MS, " ms")
    result.target("s until latency is normal again", _normal_after(requests, overload[1], result.p50_quiet), 2)
    result.notes.append(f"{goodput:.0f} good answers/s of {CAPACITY} possible, {OVERLOAD_RATE} asked for")
    return result


def _normal_after(requests, since, p50_quiet):
    """The s from then to the end of the last tenth of a second in which half the requests were slow or one failed."""
    normal = 0.0
    for slot in range(int(AFTER_SECONDS / SLOT_SECONDS)):
        start = since + slot * SLOT_SECONDS
        its = between(requests, start, start + SLOT_SECONDS)
        if any(request.failed for request in its) or percentile(its, 0.5) > NORMAL_FACTOR * p50_quiet:
            normal = (slot + 1) * SLOT_SECONDS
    return normal


def slowloris(rig):
    """500 connections send a byte of a request head every two seconds, beside the normal load."""
    servers = rig.servers(4, service=SERVICE_MS)
    balancer = rig.balancer(servers, Setup(head_seconds=HEAD_SECONDS))
    calm, trouble = rig.scaled(6, least=3), HEAD_SECONDS + 3
    load = rig.load(balancer, (RATE, calm + trouble))
    quiet = (load.begin, load.begin + calm)
    wait_until(quiet[1])
    clients = SlowClients(balancer.port, SLOW_CLIENTS, SLOW_BYTE_SECONDS)
    requests = load.finish()
    answers = clients.finish()
    result = Result("slowloris", rig.kind)
    result.count(requests, quiet, (quiet[1], quiet[1] + HEAD_SECONDS))
    result.target("failed GETs", result.failed_gets, 0)
    result.target("p99 beside them / quiet", ratio(result.p99_fault, result.p99_quiet), 1.1)
    told = sum(answer.startswith(b"HTTP/1.1 408") for answer in answers)
    result.target("of 500, those not closed with 408 by the head timeout", SLOW_CLIENTS - told, 0)
    result.notes.append(f"{len(answers)} of them were closed, {told} with 408")
    return result


def noreaders(rig):
    """100 clients ask for 100 MB each and never read."""
    servers = rig.servers(4)
    balancer = rig.balancer(servers)
    rig.load(balancer, (RATE, 1)).finish()
    # As many clients that do read: what serving them takes once and for all is not counted.
    _read_all(balancer.port)
    time.sleep(1)
    before = balancer.process.rss_bytes()
    clients = [ask(balancer.port, f"/bytes/{DEAF_BYTES}") for _ in range(DEAF_CLIENTS)]
    time.sleep(rig.scaled(5, least=3))
    grown = (balancer.process.rss_bytes() - before) / 1024 / DEAF_CLIENTS
    for client in clients:
        client.close()
    result = Result("noreaders", rig.kind)
    result.requests = DEAF_CLIENTS
    result.target("KiB of memory for each such client", grown, KIB_EACH)
    result.notes.append(f"{before / (1 << 20):.0f} MiB before")
    return result


def _read_all(port):
    clients = [ask(port, f"/bytes/{READ_BYTES}") for _ in range(DEAF_CLIENTS)]
    try:
        for client in clients:
            client.settimeout(10)
            read_answer(client, READ_BYTES)
    except OSError as error:
        raise BenchError(f"a large answer did not arrive: {error}") from None
    finally:
        for client in clients:
            client.close()
