"""All scenarios by name, in the order in which they run."""

from . import deaths, misbehaviour, pressure

# What is run one after the other; a name may stand for several runs.
ALONE = {
    "kill": [deaths.kill],
    "restart": [deaths.restart],
    "rolling": [deaths.rolling],
    "blackhole": [deaths.blackhole],
    "frozen": [deaths.frozen],
    "fast500": [misbehaviour.fast500_open, misbehaviour.fast500_closed],
    "gray": [misbehaviour.gray],
    "reset20": [misbehaviour.reset20],
    "overload150": [pressure.overload150, pressure.overload150_adaptive],
    "slowloris": [pressure.slowloris],
    "noreaders": [pressure.noreaders],
}
# What takes long and measures no times: all of it runs at the same time. These first yield when their load has begun,
# then their result.
TOGETHER = {"idle50": misbehaviour.idle50, "idle4": misbehaviour.idle4}
NAMES = [*ALONE, *TOGETHER]
