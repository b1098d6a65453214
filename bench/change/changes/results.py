"""What clients saw of changes, and how it is printed."""

from dataclasses import dataclass, field
from statistics import median

from harness.findings import Table, Target, count_outcomes, notes_on_lateness, ratio
from harness.openload import between, percentile

from .traffic import during

# Failed requests of which a note tells more.
SHOWN = 12


@dataclass
class Result:
    """The figures of one scenario with one balancer; those that a scenario does not have are None. Times are in ms."""

    scenario: str
    balancer: str
    changes: int | None = None
    requests: int | None = None
    failed: int | None = None
    websockets: int | None = None
    websockets_lost: int | None = None
    downloads: int | None = None
    downloads_lost: int | None = None
    p50_quiet: float | None = None
    p99_quiet: float | None = None
    p99_change: float | None = None
    worst: float | None = None
    took: float | None = None  # the median time of a change, from its order until it is in force
    outcomes: dict = field(default_factory=dict)  # how often requests and streams failed in which way
    targets: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def count(self, seen, quiet, spans, after_seconds):
        """Takes the figures that all scenarios under load have.

        quiet is (start, end) of the time before all changes; spans are those of each change, which is felt for some
        seconds after its end.
        """
        self.changes = len(spans)
        self.took = median(end - start for start, end in spans) * 1e3
        requests = seen.requests
        self.requests = len(requests)
        failed = [request for request in requests if request.failed]
        self.failed = len(failed)
        self.outcomes = count_outcomes(failed)
        self.websockets, self.websockets_lost = self._count_lives(seen.lives, "WEBSOCKET")
        self.downloads, self.downloads_lost = self._count_lives(seen.lives, "DOWNLOAD")
        calm = between(requests, *quiet)
        self.p50_quiet, self.p99_quiet = percentile(calm, 0.5), percentile(calm, 0.99)
        self.p99_change = percentile(during(requests, spans, after_seconds), 0.99)
        self.worst = max((request.ms for request in requests), default=None)
        self.notes += notes_on_lateness(requests) + _places(failed, spans)

    def judge(self, websockets=True, p99=True):
        """The targets that scenarios under load have; not all have all of them."""
        self.target("failed requests", self.failed, 0)
        if websockets:
            self.target("WebSockets lost", self.websockets_lost, 0)
        self.target("downloads that were cut or failed", self.downloads_lost, 0)
        if p99:
            self.target("p99 while it changes / quiet", ratio(self.p99_change, self.p99_quiet), 2)

    def target(self, what, value, limit, unit=""):
        self.targets.append(Target(what, value, limit, unit))

    def _count_lives(self, lives, kind):
        mine = [life for life in lives if life.kind == kind]
        lost = [life for life in mine if life.lost]
        for life in lost:
            name = f"{kind} {life.outcome}"
            self.outcomes[name] = self.outcomes.get(name, 0) + 1
        return len(mine), len(lost)


def only_weir(scenario, rig, why):
    """The row of a balancer that cannot do the same."""
    return Result(scenario, rig.kind, notes=[f"not compared: {why}"])


def _places(failed, spans):
    """When the first failed requests were sent and ended, in ms after the start of the change before, as a note."""
    places = []
    for request in failed[:SHOWN]:
        begin = max((start for start, _ in spans if start <= request.end), default=None)
        if begin is not None:
            places.append(f"{(request.sent - begin) * 1e3:.0f}-{(request.end - begin) * 1e3:.0f} {request.outcome}")
    return [f"failed at ms after a change began: {', '.join(places)}"] if places else []


TABLE = Table(
    (
        ("scenario", "scenario", 16, "{}"),
        ("balancer", "balancer", 9, "{}"),
        ("changes", "changes", 8, "{}"),
        ("requests", "requests", 9, "{}"),
        ("failed", "failed", 7, "{}"),
        ("WebSockets", "websockets", 11, "{}"),
        ("lost", "websockets_lost", 5, "{}"),
        ("downloads", "downloads", 10, "{}"),
        ("lost", "downloads_lost", 5, "{}"),
        ("p50 quiet", "p50_quiet", 10, "{:.2f}"),
        ("p99 quiet", "p99_quiet", 10, "{:.2f}"),
        ("p99 change", "p99_change", 11, "{:.2f}"),
        ("worst", "worst", 7, "{:.0f}"),
        ("took", "took", 7, "{:.0f}"),
    )
)
