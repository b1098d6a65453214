"""What a scenario found, and how it is printed."""

from dataclasses import dataclass, field

from harness.findings import Table, Target, count_outcomes, notes_on_lateness
from harness.openload import between, percentile


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
        self.outcomes = count_outcomes(failed)
        calm, troubled = between(requests, *quiet), between(requests, *fault)
        self.p50_quiet, self.p99_quiet = percentile(calm, 0.5), percentile(calm, 0.99)
        self.p99_fault = percentile(troubled, 0.99)
        self.worst = max((request.ms for request in requests), default=None)
        self.notes += notes_on_lateness(requests)

    def target(self, what, value, limit, unit=""):
        self.targets.append(Target(what, value, limit, unit))


TABLE = Table(
    (
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
)
