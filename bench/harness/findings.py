"""What scenarios find: figures beside their targets, printed as a table and written as JSON."""

import datetime
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

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


class Table:
    """Rows of results, each with its targets below it; columns are (title, the result's field, width, form)."""

    def __init__(self, columns):
        self._columns = columns

    def print_head(self):
        print("Times in ms.")
        print("".join(_aligned(title, width, i < 2) for i, (title, _, width, _) in enumerate(self._columns)))

    def print_result(self, result):
        cells = []
        for i, (_, name, width, form) in enumerate(self._columns):
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


def save(runner, machine, results):
    """Writes all figures to bench/results, under the runner's name."""
    folder = Path(__file__).parent.parent / "results"
    folder.mkdir(exist_ok=True)
    target = folder / f"{runner}-{datetime.datetime.now():%Y%m%d-%H%M%S}.json"
    text = json.dumps({"machine": machine, "results": [asdict(result) for result in results]}, indent=1)
    target.write_text(text + "\n")
    print(f"\nAll figures: {os.path.relpath(target)}")


def count_outcomes(failed):
    """How often requests failed in which way."""
    outcomes = {}
    for request in failed:
        name = f"{request.method} {request.outcome}"
        outcomes[name] = outcomes.get(name, 0) + 1
    return outcomes


def notes_on_lateness(requests):
    """A note where the load itself left late, or none."""
    late = sorted((request.sent - request.intended) * 1e3 for request in requests)
    if not late or late[int(len(late) * 0.99)] <= LATE_MS:
        return []
    return [f"noisy: one request in a hundred left {late[int(len(late) * 0.99)]:.0f} ms late or later"]


def ratio(value, reference):
    return value / reference if value is not None and reference else None


def _aligned(text, width, left):
    return f"{text:<{width}}" if left else f"{text:>{width}}"
