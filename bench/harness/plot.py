"""Curves of latency against rate. Needs matplotlib: scripts/install-packages pictures."""

import pathlib
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib

from . import rates
from .rates import Point

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib import ticker


@dataclass(frozen=True)
class Theme:
    ground: str
    ink: str
    quiet: str
    grid: str
    percentiles: tuple[str, ...]  # of rates.SHARES, after Okabe and Ito
    handler: str


# The colours of the evolution's report.
THEMES = {
    "light": Theme(
        "#ffffff", "#1d2126", "#5b6470", "#e9eaec", ("#0072b2", "#00805c", "#c47f00", "#c04e00", "#b3578c"), "#7b838c"
    ),
    "dark": Theme(
        "#1c2025", "#e8eaed", "#a0a8b2", "#2a2f36", ("#4aa8de", "#2bbd94", "#e69f00", "#f0803c", "#d990b8"), "#98a0aa"
    ),
}
_HANDLER_STYLES = {0.5: "--", 0.99: ":"}


def draw(curves: dict[str, list[Point]], handler: list[Point], title: str, path: pathlib.Path, theme: Theme) -> None:
    """A panel for each kind, on one scale: by its percentiles, and the empty handler's beside it."""
    settings = {"svg.hashsalt": "ticketd", "font.family": "sans-serif", "font.size": 10, "axes.edgecolor": theme.grid}
    with plt.rc_context(settings):
        figure, axes = plt.subplots(
            1, len(curves), figsize=(4.2 * len(curves) + 0.6, 4.4), sharey=True, squeeze=False, facecolor=theme.ground
        )
        for panel, (kind, points) in zip(axes[0], curves.items(), strict=True):
            _draw_kind(panel, points, [point for point in handler if point.rate <= points[-1].rate], theme)
            panel.set_title(kind, color=theme.ink, fontsize=11, loc="left")
            _lay_out(panel, points, theme)
        axes[0][0].set_ylabel("ms from the intended start", color=theme.quiet)
        lines = {line.get_label(): line for panel in axes[0] for line in panel.get_lines()}
        figure.suptitle(title, color=theme.ink, fontsize=12, x=0.01, ha="left")
        figure.legend(
            lines.values(), lines.keys(), loc="lower center", ncol=len(lines), frameon=False, labelcolor=theme.ink
        )
        figure.tight_layout(rect=(0, 0.07, 1, 0.99))
        figure.savefig(path, format="svg", facecolor=theme.ground, metadata={"Date": None})
        plt.close(figure)


def _draw_kind(panel, points: Sequence[Point], handler: Sequence[Point], theme: Theme) -> None:
    for share, style in _HANDLER_STYLES.items():
        _draw_line(panel, handler, share, f"{rates.HANDLER} {rates.name_of(share)}", theme.handler, style, False)
    for share, colour in zip(rates.SHARES, theme.percentiles, strict=True):
        _draw_line(panel, points, share, rates.name_of(share), colour, "-", True)


def _draw_line(
    panel, points: Sequence[Point], share: float, label: str, colour: str, style: str, has_band: bool
) -> None:
    told = [(point.rate, spread) for point in points if (spread := point.spread(share)) is not None]
    told = [(rate, spread) for rate, spread in told if spread.median != rates.NEVER]
    if not told:
        return
    at = [rate for rate, _ in told]
    panel.plot(at, [spread.median for _, spread in told], style, color=colour, label=label, marker="o", markersize=3)
    if has_band:
        most = [spread.median if spread.most == rates.NEVER else spread.most for _, spread in told]
        panel.fill_between(at, [spread.least for _, spread in told], most, color=colour, alpha=0.15, linewidth=0)


def _lay_out(panel, points: Sequence[Point], theme: Theme) -> None:
    panel.set_facecolor(theme.ground)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xticks([point.rate for point in points], [f"{point.rate:,}" for point in points], rotation=45)
    panel.xaxis.set_minor_locator(ticker.NullLocator())
    panel.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,g}"))
    panel.set_xlabel("requests a second", color=theme.quiet)
    panel.tick_params(colors=theme.quiet, which="both", length=0)
    panel.grid(True, color=theme.grid, linewidth=0.8)
    panel.set_axisbelow(True)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
