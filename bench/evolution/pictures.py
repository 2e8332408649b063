"""The pictures of docs/evolution.md, from a recording:

PYTHONPATH=bench /usr/bin/python3 -m evolution.pictures .lab/report/recording.json docs/evolution
"""

import json
import pathlib
import sys

from harness import browser

from .plan import RUSH_BUYERS
from .report import Report

WIDTH = 1040
# picture -> height, and what of the page is hidden for it
_SUMMARY = "main > :not(#summary), #summary > :not(.trio), header, footer"
_CHARTS = {
    1: ("latency", "connections"),
    2: ("requests", "cache"),
    3: ("requests", "orders"),
    4: ("requests", "latency"),
    5: ("orders", "cpu"),
}


def _hidden_but(number: int) -> str:
    kept = ", ".join(f"[data-kind={kind}]" for kind in _CHARTS[number])
    return (
        f"main > :not(#phase-{number}), header, footer, .phase > :not(.scroll, .charts), "
        f".charts figure:not(:has({kept}))"
    )


def main(recording: pathlib.Path, directory: pathlib.Path) -> None:
    page = Report(json.loads(recording.read_text()), RUSH_BUYERS).html()
    pictures = {"summary": (306, _SUMMARY)} | {f"phase-{number}": (666, _hidden_but(number)) for number in _CHARTS}
    directory.mkdir(parents=True, exist_ok=True)
    for name, (height, hidden) in pictures.items():
        style = (
            f"<style>{hidden} {{ display: none !important; }} main {{ padding: 20px; }} "
            ".phase { margin: 0; border: 0; } .scroll { margin: 0 0 16px; }</style>"
        )
        browser.look_at(
            page.replace("</head>", f"{style}</head>", 1),
            WIDTH,
            height,
            f"--screenshot={directory.resolve() / name}.png",
        )


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
