"""Turns figures into a printed report with verdicts, and into a file of results."""

import json
from dataclasses import asdict, dataclass, is_dataclass
from statistics import median

from .measure import OWN_REFERENCE
from .rows import CpuRow, IdleRow, RateRow

NOISE = 0.10  # of a core, used by others: above it figures are marked as noisy


@dataclass(frozen=True)
class Verdict:
    """One measured value beside its target. ok is None when a part of the comparison was not measured."""

    row: str
    what: str
    value: float | None
    target: str
    ok: bool | None

    def __str__(self):
        value = "-" if self.value is None else f"{self.value:.3f}"
        word = {True: "met", False: "MISSED", None: "not measured"}[self.ok]
        return f"{self.row:<14} {self.what:<42} {value:>9}   {self.target:<9} {word}"


def report(row, runs):
    """Prints a row's figures and returns its verdicts."""
    print(f"\n{row.name}: {row.title}")
    if isinstance(row, CpuRow):
        verdicts = _cpu(row, runs)
    elif isinstance(row, RateRow):
        verdicts = _rate(row, runs)
    elif isinstance(row, IdleRow):
        verdicts = _idle(row, runs)
    else:
        verdicts = _start(row, runs)
    for verdict in verdicts:
        print(f"  {verdict}")
    return verdicts


def failed(row, error):
    """The verdict on a row that could not be run."""
    return [Verdict(row.name, "failed: " + str(error).splitlines()[0][:60], None, "", None)]


def as_json(machine, options, results):
    """The whole run as JSON: results is a list of (row, runs, verdicts)."""
    rows = [
        {"row": row.name, "title": row.title, "runs": list(map(_plain, runs)), "verdicts": list(map(_plain, verdicts))}
        for row, runs, verdicts in results
    ]
    return json.dumps({"machine": machine, "options": asdict(options), "rows": rows}, indent=1, default=str)


def _cpu(row, runs):
    good = _good(runs, lambda run: run.contestant)
    _print_rounds(good, f"us/{row.unit}")
    medians = {name: median(run.cpu_us for run in its) for name, its in good.items()}
    if row.own_reference is not None:
        return [_at_most(row, "CPU, Weir / its reference", medians.get("weir"), medians.get(OWN_REFERENCE))]
    best = min(row.against, key=lambda name: medians.get(name, float("inf")))
    return [_at_most(row, f"CPU, Weir / {best}", medians.get("weir"), medians.get(best))]


def _rate(row, runs):
    good = _good(runs, lambda run: run.contestant)
    _print_rounds(good, "us/request")
    rates = {name: median(run.requests_per_second for run in its) for name, its in good.items()}
    ratio = _ratio(rates.get("weir"), rates.get("nginx"))
    return [_verdict(row, "requests/s, Weir / nginx", ratio, ">=", row.target)]


def _print_rounds(good, unit):
    print(f"  {'':<16}{unit:>12}{'(least':>9}{'most)':>9}{'user':>8}{'system':>8}{'req/s':>10}{'busy':>7}{'p99 ms':>9}")
    for name, runs in good.items():
        cpu = [run.cpu_us for run in runs]
        print(
            f"  {name:<16}{median(cpu):12.2f}{min(cpu):9.2f}{max(cpu):9.2f}"
            f"{_median(runs, 'user_us'):8.2f}{_median(runs, 'system_us'):8.2f}"
            f"{_median(runs, 'requests_per_second'):10,.0f}{_median(runs, 'busy'):7.2f}{_median(runs, 'p99_ms'):9.2f}"
        )
        others = _median(runs, "others")
        if others > NOISE:
            print(f"  {'':<16}noisy: others used {others:.2f} of its core")


def _idle(row, runs):
    good = _good(runs, lambda run: run["contestant"])
    print(f"  {'':<16}{'KiB/connection':>16}{'CPU s/s idle':>14}")
    for name, its in good.items():
        print(f"  {name:<16}{_middle(its, 'kib_per_connection'):16.2f}{_middle(its, 'cpu'):14.3f}")
    weir = good.get("weir")
    memory, cpu = (_middle(weir, "kib_per_connection"), _middle(weir, "cpu")) if weir else (None, None)
    return [
        _verdict(row, "KiB of memory a connection", memory, "<=", row.target_kib),
        _verdict(row, "seconds of CPU a second", cpu, "<=", row.target_cpu),
    ]


def _start(row, runs):
    good = _good(runs, lambda run: run["contestant"])
    print(f"  {'':<16}{'first answer s':>15}{'(least':>8}{'most)':>8}{'first req/s':>13}{'steady req/s':>14}{'MiB':>8}")
    middles = {}
    for name, its in good.items():
        first = [run["first_answer_seconds"] for run in its if "first_answer_seconds" in run]
        middles[name] = middle = {
            "first": median(first) if first else None,
            "early": _middle(its, "first_requests_per_second"),
            "steady": _middle(its, "steady_requests_per_second"),
            "rss": max(run["rss_mib"] for run in its),
        }
        shown = {key: float("nan") if value is None else value for key, value in middle.items()}
        print(
            f"  {name:<16}{shown['first']:15.3f}{min(first, default=0):8.3f}{max(first, default=0):8.3f}"
            f"{shown['early']:13,.0f}{shown['steady']:14,.0f}{shown['rss']:8.1f}"
        )
    weir = middles.get("weir", {})
    return [
        _verdict(row, "seconds to the first answer", weir.get("first"), "<=", row.target_seconds),
        _verdict(
            row,
            f"rate in the first {row.first_seconds} s / steady rate",
            _ratio(weir.get("early"), weir.get("steady")),
            ">=",
            row.target_share,
        ),
        _verdict(row, "MiB resident under small load, most", weir.get("rss"), "<=", row.target_mib),
    ]


def _good(runs, contestant):
    """The runs that count, by contestant; those that do not are reported and left out."""
    good = {}
    for run in runs:
        void = run["void"] if isinstance(run, dict) else run.void
        if void:
            print(f"  void: a run of {contestant(run)}: {void}")
        else:
            good.setdefault(contestant(run), []).append(run)
    return good


def _at_most(row, what, value, reference):
    return _verdict(row, what, _ratio(value, reference), "<=", row.target)


def _verdict(row, what, value, relation, target):
    ok = None if value is None else value <= target if relation == "<=" else value >= target
    return Verdict(row.name, what, value, f"{relation} {target:g}", ok)


def _ratio(value, reference):
    return value / reference if value and reference else None


def _median(runs, name):
    return median(getattr(run, name) for run in runs)


def _middle(runs, key):
    values = [run[key] for run in runs if key in run]
    return median(values) if values else None


def _plain(record):
    return asdict(record) if is_dataclass(record) else record
