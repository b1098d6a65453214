"""How a scenario begins: servers, a balancer before them, and a time of quiet."""

import time

from .balancers import BALANCERS
from .traffic import start_servers
from .wanted import Wanted

# A change is felt for some time after it is in force.
QUIET_SECONDS, DOWNLOAD_SECONDS, AFTER_SECONDS = 20, 10, 0.5
WEB, STREAMS, SPARE = 4, 3, 2


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
