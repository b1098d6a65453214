"""All scenarios by name, in the order in which they run."""

from .processes import stops
from .reloads import reloads

SCENARIOS = {"reloads": reloads, "stops": stops}
