"""Of rounds to a figure. Pure."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The middle one of some rounds, and the outer ones."""

    median: float
    least: float
    most: float

    def text(self, pattern: str = "{:,.0f}") -> str:
        middle, least, most = (pattern.format(value) for value in (self.median, self.least, self.most))
        return f"{middle} ({least} to {most})"


def spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def ratios(values: Sequence[float], references: Sequence[float]) -> Spread:
    """Of each round by itself: what disturbed one of the two has most likely disturbed the other."""
    return spread([value / reference for value, reference in zip(values, references, strict=True)])


def percentile(ordered: Sequence[float], share: float) -> float:
    """Of values in ascending order: the least one that so large a share of all does not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


BEYOND = 100  # a percentile is given only with as many samples above it


def told_percentiles(values: Sequence[float], shares: Sequence[float]) -> dict[float, float | None]:
    ordered = sorted(values)
    return {
        share: percentile(ordered, share) if round(len(ordered) * (1 - share), 6) >= BEYOND else None
        for share in shares
    }
