"""From what was measured to what is reported of it. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate

from harness import statistics

from .crowd import End

STEPS = 240  # of the time in which buyers come: a quarter of a second, of a minute
LATE_S = 0.5  # a load generator that comes later than this is worth a word


@dataclass(frozen=True)
class Settled:
    """What the database says, in seconds since the epoch."""

    paid: int
    rejected: int
    other: int  # given up, expired or still open: none, with a provider that takes every charge
    last_paid_accepted: float
    last_paid: float
    wait_median_s: float  # of those with tickets, from acceptance to paid
    wait_most_s: float
    paid_at: dict[int, int]  # step -> orders
    ended_at: dict[int, int]
    accepted_at: dict[int, int]


@dataclass(frozen=True)
class Figures:
    tickets: int
    buyers: int
    first_second: int
    accepted: int
    accepted_in_s: float  # from the opening to the last acceptance that had tickets left
    paid: int
    paid_after_s: float  # that acceptance, the last of them
    wait_median_s: float
    wait_most_s: float
    refused: int  # at once, or later because others were before
    without_end: int
    other: int
    p50_ms: float
    p99_ms: float
    most_ms: float
    repeats: int
    reads: int
    reads_failed: int
    read_p99_ms: float | None
    watched: int
    queue_peak: int
    late_s: float
    breaches: tuple[str, ...]
    disturbed: str
    settings: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return not (self.breaches or self.without_end or self.other or self.reads_failed)

    def as_json(self) -> dict:
        return asdict(self)


def line(figures: Figures) -> str:
    """One line, which says it all."""
    f = figures
    parts = [
        f"{f.tickets:,} tickets, {f.buyers:,} buyers, {f.first_second:,} of them in the first second",
        f"{f.accepted:,} accepted within {seconds(f.accepted_in_s)} "
        f"(answer p50 {milliseconds(f.p50_ms)}, p99 {milliseconds(f.p99_ms)})",
        f"{f.paid:,} paid, the last {seconds(f.paid_after_s)} after the last acceptance "
        f"(half within {seconds(f.wait_median_s)}, all within {seconds(f.wait_most_s)} of their own)",
        f"{f.refused:,} refused",
        f"at most {f.queue_peak:,} waited to be settled or paid",
        f"{f.reads:,} reads" + (f" (p99 {milliseconds(f.read_p99_ms)})" if f.read_p99_ms is not None else ""),
    ]
    if f.repeats:
        parts.append(f"{f.repeats:,} repeats")
    parts += notes(f)
    if not f.breaches:
        parts.append("audit clean")
    return "; ".join(parts)


def notes(f: Figures) -> list[str]:
    """What a reader has to know before he believes the rest."""
    return notes_of(asdict(f))


def notes_of(f: dict) -> list[str]:
    """The same, of figures as a recording has them."""
    return [
        words
        for is_so, words in (
            (f["without_end"], f"{f['without_end']:,} buyers WITHOUT AN END"),
            (f["other"], f"{f['other']:,} orders neither paid nor refused"),
            (f["reads_failed"], f"{f['reads_failed']:,} reads FAILED"),
            (f["late_s"] > LATE_S, f"the load generator came up to {seconds(f['late_s'])} late"),
            (f["disturbed"], f["disturbed"]),
            (f["settings"], "with " + " ".join(f["settings"])),
            (f["breaches"], "the audit is NOT clean"),
        )
        if is_so
    ]


def seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 99.95 else f"{value:,.0f} s"


def milliseconds(value: float) -> str:
    if value >= 999.5:
        return seconds(value / 1000)
    return f"{value:.1f} ms" if value < 9.95 else f"{value:.0f} ms"


def latencies_ms(ends: Iterable[End]) -> dict[float, float]:
    """Median, the one in a hundred and the worst, from the moment at which a buyer came until he had his answer."""
    ordered = sorted((end.answered - end.arrived) * 1000 for end in ends)
    return {share: statistics.percentile(ordered, share) for share in (0.5, 0.99, 1.0)}


def step_of(seconds_of_arrivals: int) -> float:
    return seconds_of_arrivals / STEPS


def counted(times: Iterable[float], began: float, step: float) -> dict[int, int]:
    """How many fall into each step. What is before the beginning (by the clocks' difference) counts in the first."""
    found: dict[int, int] = {}
    for time in times:
        at = max(0, math.floor((time - began) / step))
        found[at] = found.get(at, 0) + 1
    return found


def series(ends: Sequence[End], settled: Settled, began: float, step: float) -> dict[str, list[int]]:
    """A value a step, as long as anything happened: how many came, were accepted, were paid in it, and how many waited at
    its end."""
    came = counted((end.arrived for end in ends), began, step)
    accepted = counted((end.answered for end in ends if end.order), began, step)
    length = max((*came, *accepted, *settled.ended_at, 0)) + 1
    rows = {
        name: [counts.get(at, 0) for at in range(length)]
        for name, counts in (("arrived", came), ("accepted", accepted), ("paid", settled.paid_at))
    }
    # Both by the database's clock: an order is accepted a moment before its buyer has read so.
    begun = accumulate(settled.accepted_at.get(at, 0) for at in range(length))
    ended = accumulate(settled.ended_at.get(at, 0) for at in range(length))
    rows["waiting"] = [max(0, before - after) for before, after in zip(begun, ended, strict=True)]
    return rows
