"""All scenarios by name, in the order in which they run."""

from . import deaths

SCENARIOS = {
    "kill": deaths.kill,
    "restart": deaths.restart,
    "rolling": deaths.rolling,
    "blackhole": deaths.blackhole,
    "frozen": deaths.frozen,
}
