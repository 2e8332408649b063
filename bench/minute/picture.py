"""The picture of an on-sale, light and dark, as SVG and PNG. Drawn again from a recording by

PYTHONPATH=bench /usr/bin/python3 -m minute.picture .lab/report/minute.json docs
"""

import json
import pathlib
import sys
from dataclasses import dataclass
from itertools import accumulate

from harness.laboratory import Failure

from .figures import milliseconds, notes_of, seconds

WIDTH, HEIGHT, DPI = 8.0, 6.9, 150  # 1200 pixels; on a telephone it has 360, and the text must still be read
LARGE, MIDDLE, TEXT, SMALL = 25, 16.5, 16, 11.5  # points
LEFT, INNER = 0.035, 0.93  # of the width


@dataclass(frozen=True)
class Theme:
    name: str
    ground: str
    ink: str
    faint: str  # what is written small
    grid: str
    came: str
    accepted: str
    paid: str
    waiting: str


THEMES = (
    Theme("light", "#ffffff", "#24292f", "#6e7781", "#e7eaed", "#7f8994", "#3f78b5", "#2b9470", "#c98a1b"),
    Theme("dark", "#0d1117", "#e6edf3", "#8b949e", "#21262d", "#949eaa", "#74a9e6", "#55c39a", "#e0ad4d"),
)


def load_library():
    """Only who draws needs it."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise Failure("matplotlib is not here: scripts/install-packages pictures gets it") from None
    matplotlib.rcParams.update({"svg.hashsalt": "ticketd", "font.family": "DejaVu Sans"})
    return Figure


def draw(recording: dict, directory: pathlib.Path) -> list[pathlib.Path]:
    paths = []
    for theme in THEMES:
        figure = _figure(recording, theme)
        for kind in ("png", "svg"):
            paths.append(directory / f"minute-{theme.name}.{kind}")
            figure.savefig(
                paths[-1], dpi=DPI, facecolor=theme.ground, metadata={"Date": None} if kind == "svg" else None
            )
    return paths


def title(recording: dict) -> list[str]:
    """The figures in words: the first line is the large one."""
    f = recording["figures"]
    is_paid = recording["about"]["payments"] == "on"
    end = "Audit clean." if not f["breaches"] else "The audit is NOT clean."
    return [
        f"{f['tickets']:,} tickets sold{' and paid' * is_paid} in {seconds(f['accepted_in_s'] + f['paid_after_s'])}",
        f"{f['buyers']:,} buyers, {f['first_second']:,} of them in the first second.",
        f"Answered in {milliseconds(f['p50_ms'])} (median), 99 of 100 within {milliseconds(f['p99_ms'])}.",
        f"{'Paid' if is_paid else 'Confirmed'} {seconds(f['wait_median_s'])} later (median), all within "
        f"{seconds(f['wait_most_s'])}. {end}",
    ]


def _figure(recording: dict, theme: Theme):
    figure = load_library()(figsize=(WIDTH, HEIGHT))
    step, rows = recording["step"], recording["series"]
    times = [step * at for at in range(len(rows["arrived"]) + 1)]
    above = figure.add_axes((LEFT, 0.345, INNER, 0.385))
    below = figure.add_axes((LEFT, 0.125, INNER, 0.19))
    for axes in (above, below):
        _calm(axes, theme, max(times[-1], recording["sale"]))
    _draw_sold(above, recording, times, theme)
    _draw_waiting(below, times, [0, *rows["waiting"]], theme)
    head, *lines = title(recording)
    figure.text(LEFT, 0.968, head, size=_fitting([head], LARGE, 0.7), weight="bold", color=theme.ink, va="top")
    for number, line in enumerate(lines):
        figure.text(LEFT, 0.893 - 0.045 * number, line, size=_fitting(lines, MIDDLE, 0.6), color=theme.ink, va="top")
    about = recording["about"]
    small = [
        f"{about['machine'].partition(', Debian')[0]}, the load generator on them too · {about['when']}",
        "; ".join(notes_of(recording["figures"])),
    ]
    figure.text(
        LEFT, 0.018, "\n".join(filter(None, small)), size=_fitting(small, SMALL, 0.6), color=theme.faint, va="bottom"
    )
    return figure


def _fitting(lines: list[str], size: float, width: float) -> float:
    """The size, or as much less as keeps the longest within the picture. A letter is so wide, on average, in its size."""
    return min(size, INNER * WIDTH * 72 / (width * max(map(len, lines))))


def _calm(axes, theme: Theme, end: float) -> None:
    axes.set_facecolor(theme.ground)
    axes.set_xlim(0, end)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0, labelsize=TEXT, colors=theme.faint, pad=6)
    axes.set_yticks([])


def _draw_sold(axes, recording: dict, times: list[float], theme: Theme) -> None:
    rows = recording["series"]
    came, accepted, paid = ([0, *accumulate(rows[name])] for name in ("arrived", "accepted", "paid"))
    tickets = recording["figures"]["tickets"]
    most = came[-1]
    axes.set_ylim(0, most * 1.13)
    axes.set_xticks([])
    for height in (0, tickets / 2, tickets):
        axes.axhline(height, color=theme.grid, linewidth=1.2, zorder=0)
    axes.fill_between(times, paid, color=theme.paid, alpha=0.13, linewidth=0)
    axes.fill_between(times, paid, accepted, color=theme.waiting, alpha=0.32, linewidth=0)
    axes.fill_between(times, accepted, came, color=theme.came, alpha=0.13, linewidth=0)
    axes.plot(times, came, color=theme.came, linewidth=3, solid_capstyle="round")
    axes.plot(times, accepted, color=theme.accepted, linewidth=3, solid_capstyle="round")
    axes.plot(times, paid, color=theme.paid, linewidth=3, solid_capstyle="round")
    right = axes.get_xlim()[1]
    gap = most * 0.025
    word = "paid" if recording["about"]["payments"] == "on" else "settled"
    for height, text, color, align in (
        (most + gap, f"{most:,} buyers, {recording['figures']['refused']:,} of them refused", theme.came, "bottom"),
        (accepted[-1] - gap * 1.6, f"{accepted[-1]:,} accepted", theme.accepted, "top"),
        (accepted[-1] - gap * 1.6 - most * 0.115, f"{paid[-1]:,} {word}", theme.paid, "top"),
    ):
        axes.text(right, height, text, size=TEXT, weight="bold", color=color, ha="right", va=align)
    axes.text(right, tickets / 2 + gap, f"{tickets // 2:,}", size=TEXT, color=theme.faint, ha="right", va="bottom")


def _draw_waiting(axes, times: list[float], waiting: list[int], theme: Theme) -> None:
    peak = max(waiting)
    end = axes.get_xlim()[1]
    top = max(1, peak) * 1.4  # the words stand above the peak, wherever it is
    axes.set_ylim(0, top)
    axes.axhline(0, color=theme.grid, linewidth=1.2, zorder=0)
    axes.fill_between(times, waiting, color=theme.waiting, alpha=0.32, linewidth=0)
    axes.plot(times, waiting, color=theme.waiting, linewidth=2.5)
    axes.text(
        end,
        top,
        f"at most {peak:,} waiting at a time",
        size=TEXT,
        weight="bold",
        color=theme.waiting,
        ha="right",
        va="top",
    )
    ticks = _ticks(end)
    axes.set_xticks(ticks, [f"{tick:g}" + " s" * (tick == ticks[-1]) for tick in ticks])
    for label, align in zip(axes.get_xticklabels(), ("left", *("center" for _ in ticks[1:])), strict=True):
        label.set_ha("right" if label is axes.get_xticklabels()[-1] else align)


def _ticks(end: float) -> list[float]:
    """About six, at round seconds."""
    each = next((each for each in (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200) if end / each <= 7), 3600)
    return [each * number for number in range(int(end / each + 1e-9) + 1)]


if __name__ == "__main__":
    draw(json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2]))
