"""All scenarios by name, in the order in which they run."""

from .large import large
from .memory import memory
from .processes import stops, upgrades
from .reloads import reloads
from .servers import servers
from .state import state

SCENARIOS = {
    "reloads": reloads,
    "servers": servers,
    "upgrades": upgrades,
    "stops": stops,
    "memory": memory,
    "large": large,
    "state": state,
}
