"""What an open loop has seen at each rate: percentiles, whether that was too much, and the table. Pure."""

import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from . import statistics
from .statistics import Spread
from .vegeta import Answer

SHARES = (0.5, 0.9, 0.99, 0.999, 0.9999)
HANDLER = "empty handler"
NEVER = math.inf  # what is not answered as it should be: as a quick answer it would make who fails look fast
LEAST_ANSWERED = 0.99
LONGEST_P50_MS = 1000


@dataclass(frozen=True)
class Round:
    """One attack. `told` has None where there are too few samples to tell."""

    answered: float  # the share, of all that were to be sent, which was answered as it should be
    told: dict[float, float | None]
    otherwise: dict[str, int] = field(default_factory=dict)  # what came instead -> how many


def of_round(answers: Sequence[Answer], wanted: int, due: int) -> Round:
    """`wanted` is the right status, `due` how many were to leave: what could not be sent in time is no merit."""
    latencies = [answer.latency_ms if answer.status == wanted else NEVER for answer in answers]
    latencies += [NEVER] * (due - len(answers))
    right = sum(latency < NEVER for latency in latencies)
    otherwise = Counter(str(answer.status or "no answer") for answer in answers if answer.status != wanted)
    otherwise["not sent"] = due - len(answers)
    return Round(right / len(latencies), statistics.told_percentiles(latencies, SHARES), dict(+otherwise))


@dataclass(frozen=True)
class Point:
    """A kind of request at one rate."""

    kind: str
    rate: int
    rounds: list[Round]

    def answered(self) -> float:
        return statistics.spread([one.answered for one in self.rounds]).median

    def spread(self, share: float) -> Spread | None:
        """Of milliseconds; None where a round cannot tell."""
        values = [value for one in self.rounds if (value := one.told[share]) is not None]
        return statistics.spread(values) if len(values) == len(self.rounds) else None

    def is_saturated(self) -> bool:
        half = self.spread(0.5)
        return self.answered() < LEAST_ANSWERED or (half is not None and half.median > LONGEST_P50_MS)


def ratio(of: Point, to: Point, share: float) -> Spread | None:
    """Of each round by itself. None where one of the two cannot be told, or has no end."""
    pairs = [(one.told[share], other.told[share]) for one, other in zip(of.rounds, to.rounds, strict=True)]
    if any(value is None or value == NEVER for pair in pairs for value in pair):
        return None
    return statistics.ratios([one for one, _ in pairs], [other for _, other in pairs])


def name_of(share: float) -> str:
    return f"p{share * 100:.10g}"


def describe(kind: str, found: Round) -> str:
    told = ", ".join(f"{name_of(share)} {_ms(ms)}" for share, ms in found.told.items() if ms is not None)
    otherwise = ", ".join(f"{count:,} × {what}" for what, count in found.otherwise.items())
    return f"{kind}: {found.answered:.2%} answered, {told or 'too few to tell'} ms" + (
        f" (otherwise: {otherwise})" if otherwise else ""
    )


def table(kind: str, points: Iterable[Point], handler: dict[int, Point]) -> list[str]:
    """Three lines a rate: the kind, the handler beside it in the same rounds, and how many times as long it takes."""
    lines = [_line(f"{kind}, ms", "answered", [name_of(share) for share in SHARES])]
    for point in points:
        beside = handler[point.rate]
        lines.append(_measured(f"{point.rate:,}/s", point) + (" saturated" if point.is_saturated() else ""))
        lines.append(_measured(f"  {HANDLER}", beside))
        times = [_text(ratio(point, beside, share), "{:.1f}".format) for share in SHARES]
        lines.append(_line("  times as long", "", times))
    return [line.rstrip() for line in lines]


def _measured(name: str, point: Point) -> str:
    return _line(name, f"{point.answered():.2%}", [_text(point.spread(share), _ms) for share in SHARES])


def _line(name: str, answered: str, cells: Iterable[str]) -> str:
    return f"{name:<16}{answered:>9}" + "".join(f"{cell:>24}" for cell in cells)


def _text(figure: Spread | None, write: Callable[[float], str]) -> str:
    if figure is None:
        return "-"
    return f"{write(figure.median)} ({write(figure.least)} to {write(figure.most)})"


def _ms(value: float) -> str:
    if value == NEVER:
        return "never"
    return f"{value:.2f}" if value < 10 else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def as_csv(points: Iterable[Point]) -> str:
    """Milliseconds; an empty cell is a figure that cannot be told, and `inf` one that has no end."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    percentiles = [name_of(share).replace(".", "_") for share in SHARES]
    rows.writerow(
        ["kind", "rate", "rounds", "answered"]
        + [f"{name}_{which}" for name in percentiles for which in ("median", "least", "most")]
    )
    for point in points:
        figures = [point.spread(share) for share in SHARES]
        cells = [(one.median, one.least, one.most) if one else ("", "", "") for one in figures]
        rows.writerow(
            [point.kind, point.rate, len(point.rounds), round(point.answered(), 6)]
            + [round(value, 4) if value != "" else "" for cell in cells for value in cell]
        )
    return text.getvalue()
