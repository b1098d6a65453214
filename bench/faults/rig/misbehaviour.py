"""Scenarios in which servers answer wrongly, slowly, or close connections when they please."""

from harness.findings import ratio
from harness.openload import between, percentile, wait_until

from .results import Result

RATE, SERVICE_MS = 1000, 5
FAILING_MS, ANSWERS_ALLOWED = 0, 200
CLOSED_LOOP_CLIENTS = 16
GRAY_FACTOR, GRAY_NOTICED_SECONDS = 50, 5
# Bursts at random moments: connections to servers are idle for all times between none and many times that of a server.
IDLE_RATE, IDLE_BURST, IDLE_SECONDS = 400, 8, 60
RESETS, RESET_SECONDS = 0.2, 20


def fast500_open(rig):
    """One of four servers answers 500 at once, its check passes; open-loop clients."""
    return _fast500(rig, "fast500 open", RATE)


def fast500_closed(rig):
    """The same with clients that send their next request when they have an answer, so that a fast server gets more."""
    return _fast500(rig, "fast500 closed", 0, closed=CLOSED_LOOP_CLIENTS)


def _fast500(rig, name, rate, **options):
    servers = rig.servers(4, service=SERVICE_MS)
    balancer = rig.balancer(servers)
    calm, trouble = rig.scaled(3), rig.scaled(6, least=3)
    load = rig.load(balancer, (rate, calm + trouble), **options)
    quiet = (load.begin, load.begin + calm)
    wait_until(quiet[1])
    fault = servers[0].behave(status=500, service=FAILING_MS)
    requests = load.finish()
    result = Result(name, rig.kind)
    result.count(requests, quiet, (fault, fault + 1))
    arrivals = [arrival.at for arrival in servers[0].arrivals() if arrival.at > fault]
    result.reached = max(0, len(arrivals) - ANSWERS_ALLOWED)
    since = arrivals[ANSWERS_ALLOWED - 1] if result.reached else fault
    share = ratio(result.reached, len(between(requests, since, load.end)))
    result.target(f"% of traffic that it gets after its first {ANSWERS_ALLOWED} answers", _percent(share), 1)
    result.notes.append(f"it answered {len(arrivals)} of {len(between(requests, fault, since + 60))} requests")
    return result


def gray(rig):
    """One of four servers becomes 50 times slower, its check passes; beside a run with the other three alone."""
    calm, trouble = rig.scaled(4), GRAY_NOTICED_SECONDS + rig.scaled(6, least=3)
    without = _without_gray(rig, rig.scaled(6, least=3))
    servers = rig.servers(4, service=SERVICE_MS)
    load = rig.load(rig.balancer(servers), (RATE, calm + trouble))
    quiet = (load.begin, load.begin + calm)
    wait_until(quiet[1])
    fault = servers[0].behave(service=SERVICE_MS * GRAY_FACTOR)
    requests = load.finish()
    result = Result("gray", rig.kind)
    result.count(requests, quiet, (fault, fault + 1))
    noticed = fault + GRAY_NOTICED_SECONDS
    later = between(requests, noticed, load.end)
    result.reached = sum(arrival.at > noticed for arrival in servers[0].arrivals())
    result.target("% of traffic that it gets after 5 s", _percent(ratio(result.reached, len(later))), 0.5)
    p99 = percentile(later, 0.99)
    result.target("p99 after 5 s / p99 without that server", ratio(p99, without), 1.1)
    result.notes.append(f"p99 after 5 s {p99:.2f} ms, without that server {without:.2f} ms")
    return result


def _without_gray(rig, seconds):
    """The p99 that the pool has with three servers."""
    balancer = rig.balancer(rig.servers(3, service=SERVICE_MS))
    load = rig.load(balancer, (RATE, seconds))
    p99 = percentile(load.finish(), 0.99)
    balancer.process.stop()
    return p99


def idle50(rig):
    """Servers close connections that were idle for 50 ms."""
    return _idle(rig, "idle50", 50)


def idle4(rig):
    """Servers close connections that were idle for 4 ms."""
    return _idle(rig, "idle4", 4)


def _idle(rig, name, milliseconds):
    servers = rig.servers(4, service=0, idle=milliseconds)
    balancer = rig.balancer(servers)
    load = rig.load(balancer, (IDLE_RATE, rig.scaled(IDLE_SECONDS)), post=0.5, burst=IDLE_BURST)
    yield
    requests = load.finish()
    whole = (load.begin, load.end)
    result = Result(name, rig.kind)
    result.count(requests, whole, whole)
    result.target("failed GETs", result.failed_gets, 0)
    result.target("failed POSTs", result.failed_posts, 0)
    yield result


def reset20(rig):
    """One of four servers resets a fifth of its answers, of 1 to 16 KiB, in the middle of the body."""
    servers = rig.servers(4, service=1)
    balancer = rig.balancer(servers)
    calm = rig.scaled(2)
    load = rig.load(balancer, (RATE, calm + rig.scaled(RESET_SECONDS, least=3)), least=1024, most=16384)
    quiet = (load.begin, load.begin + calm)
    wait_until(quiet[1])
    fault = servers[0].behave(reset=RESETS)
    requests = load.finish()
    result = Result("reset20", rig.kind)
    result.count(requests, quiet, (fault, fault + 1))
    result.target("failed GETs", result.failed_gets, 0)
    arrivals = sum(arrival.at > fault for arrival in servers[0].arrivals())
    result.notes.append(f"{arrivals} requests reached it, of which it reset about {arrivals * RESETS:.0f}")
    return result


def _percent(share):
    return None if share is None else share * 100
