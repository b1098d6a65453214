"""One changed server in a large configuration."""

import time
from dataclasses import replace

from .results import Result
from .setting import AFTER_SECONDS, DOWNLOAD_SECONDS, QUIET_SECONDS, rest, start
from .traffic import Traffic
from .ways import ConfigFile

POOLS, SERVERS, RELOADS = 1000, 20, 9
GAP_SECONDS = 1
RELOAD_MS = 1000


def large(rig):
    """1,000 pools of 20 servers each, a route to each: reloads that change one server of one pool."""
    port = rig.free_port()
    many = tuple(tuple(_address(pool, server, port) for server in range(SERVERS)) for pool in range(POOLS))
    balancer, *_ = start(rig, many=many)
    traffic = Traffic(rig, balancer.wanted.port, rig.scaled(DOWNLOAD_SECONDS, least=2))
    quiet = rest(traffic, rig.scaled(QUIET_SECONDS, least=3))
    spans = []
    for number in range(round(rig.scaled(RELOADS, least=3))):
        pool = number * 7
        servers = (*many[pool][:-1], _address(pool, SERVERS + number, port))
        wanted = replace(balancer.wanted, many=(*many[:pool], servers, *many[pool + 1 :]))
        spans.append(balancer.reload(wanted, ConfigFile.WAYS[number % len(ConfigFile.WAYS)]))
        time.sleep(GAP_SECONDS)
    result = Result("large", rig.kind)
    result.count(traffic.stop(), quiet, spans, AFTER_SECONDS)
    result.judge()
    result.target("ms from the signal until it is in force, worst", max(end - start for start, end in spans) * 1e3, RELOAD_MS)
    return result


def _address(pool, server, port):
    """An address of its own for each; nobody listens there."""
    return f"127.{2 + pool // 250}.{pool % 250 + 1}.{server + 1}:{port}"
