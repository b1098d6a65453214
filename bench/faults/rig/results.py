"""What a scenario found, and how it is printed."""

import json
from dataclasses import asdict, dataclass, field

from .load import between, percentile

# A load that leaves later than this tells of a machine that does other work; its latencies are then of that.
LATE_MS = 5


@dataclass(frozen=True)
class Target:
    """A figure and its bound. value is None when it could not be measured; the target is then not met."""

    what: str
    value: float | None
    limit: float
    unit: str = ""

    @property
    def met(self):
        return self.value is not None and self.value <= self.limit


@dataclass
class Result:
    """The figures of one scenario with one balancer; those that a scenario does not have are None. Times are in ms."""

    scenario: str
    balancer: str
    requests: int | None = None
    failed_gets: int | None = None
    failed_posts: int | None = None
    posts_gone: int | None = None  # of the failed POSTs, those of which bytes had gone to the dying server
    p50_quiet: float | None = None
    p99_quiet: float | None = None
    p99_fault: float | None = None
    worst: float | None = None
    reached: int | None = None  # requests that the faulty server got after the verdict
    back: float | None = None  # from a restart to the first request
    outcomes: dict = field(default_factory=dict)  # how often requests failed in which way
    targets: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def count(self, requests, quiet, fault):
        """Takes the figures that all scenarios have: quiet and fault are (start, end) of those times."""
        self.requests = len(requests)
        failed = [request for request in requests if request.failed]
        self.failed_gets = sum(request.method == "GET" for request in failed)
        self.failed_posts = len(failed) - self.failed_gets
        for request in failed:
            name = f"{request.method} {request.outcome}"
            self.outcomes[name] = self.outcomes.get(name, 0) + 1
        calm, troubled = between(requests, *quiet), between(requests, *fault)
        self.p50_quiet, self.p99_quiet = percentile(calm, 0.5), percentile(calm, 0.99)
        self.p99_fault = percentile(troubled, 0.99)
        self.worst = max((request.ms for request in requests), default=None)
        late = sorted((request.sent - request.intended) * 1e3 for request in requests)
        if late and late[int(len(late) * 0.99)] > LATE_MS:
            self.notes.append(f"noisy: one request in a hundred left {late[int(len(late) * 0.99)]:.0f} ms late or later")

    def target(self, what, value, limit, unit=""):
        self.targets.append(Target(what, value, limit, unit))


_COLUMNS = (
    ("scenario", "scenario", 16, "{}"),
    ("balancer", "balancer", 9, "{}"),
    ("requests", "requests", 9, "{}"),
    ("failed GET", "failed_gets", 11, "{}"),
    ("POST", "failed_posts", 5, "{}"),
    ("(gone)", "posts_gone", 7, "{}"),
    ("p50 quiet", "p50_quiet", 10, "{:.2f}"),
    ("p99 quiet", "p99_quiet", 10, "{:.2f}"),
    ("p99 fault", "p99_fault", 10, "{:.2f}"),
    ("worst", "worst", 8, "{:.0f}"),
    ("after verdict", "reached", 14, "{}"),
    ("back after", "back", 11, "{:.0f}"),
)


def print_head():
    print("Times in ms.")
    print("".join(_aligned(title, width, i < 2) for i, (title, _, width, _) in enumerate(_COLUMNS)))


def print_result(result):
    cells = []
    for i, (_, name, width, form) in enumerate(_COLUMNS):
        value = getattr(result, name)
        cells.append(_aligned("-" if value is None else form.format(value), width, i < 2))
    print("".join(cells))
    for target in result.targets:
        value = "not measured" if target.value is None else f"{target.value:.4g}{target.unit}"
        word = "met" if target.met else "MISSED"
        print(f"    {target.what:<62} {value:>12}   <= {target.limit:.4g}{target.unit:<6} {word}")
    if result.outcomes:
        print("    failed: " + ", ".join(f"{name} {count}" for name, count in sorted(result.outcomes.items())))
    for note in result.notes:
        print(f"    {note}")


def print_summary(results):
    """One line for each balancer: how many of its targets are met, and which are not."""
    print("\nTargets")
    for balancer in dict.fromkeys(result.balancer for result in results):
        targets = [(result, target) for result in results if result.balancer == balancer for target in result.targets]
        met = sum(target.met for _, target in targets)
        print(f"  {balancer}: {met} of {len(targets)} met")
        for result, target in targets:
            if not target.met:
                value = "not measured" if target.value is None else f"{target.value:.4g}"
                print(f"    {result.scenario}: {target.what}: {value}, not <= {target.limit:.4g}{target.unit}")


def as_json(machine, results):
    return json.dumps({"machine": machine, "results": [asdict(result) for result in results]}, indent=1)


def ratio(value, reference):
    return value / reference if value is not None and reference else None


def _aligned(text, width, left):
    return f"{text:<{width}}" if left else f"{text:>{width}}"
