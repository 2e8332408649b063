"""The report of a recording: one HTML file that needs no network, and a Markdown table."""

import json
import pathlib
import string
from collections.abc import Callable
from html import escape

from harness.laboratory import Failure

from . import bottleneck, claims, figures, series, topology
from .plan import PHASES, Phase

_PAGE = pathlib.Path(__file__).parent / "page"
# Debian's libjs-chart.js (the same release on Debian 12 and 13, and on Ubuntu 24.04): nothing is fetched from anywhere,
# and Node is not needed. The names of the file differ by a capital letter.
_LIBRARY = ("chart.min.js", "Chart.min.js")
_LIBRARY_DIRECTORY = pathlib.Path("/usr/share/javascript/chart.js")

Figures = dict
# What it is, its unit, its value in a phase, and whether more is better.
_ROWS: tuple[tuple[str, str, Callable[[Figures], float | None], bool], ...] = (
    ("Purchases in the spike", "a second", lambda phase: phase["spike"]["accepted_per_s"], True),
    ("Errors in the spike", "% of requests", lambda phase: _percent(phase["error_share"]["spike"]), False),
    ("Errors in the drill", "% of requests", lambda phase: _percent(phase["error_share"]["drill"]), False),
    ("Errors in the rush", "% of requests", lambda phase: _percent(phase["error_share"]["rush"]), False),
    ("Could not come", "people, for want of virtual users", lambda phase: phase["dropped"], False),
    ("Purchase p50", "ms", lambda phase: phase["spike"]["purchase_ms"]["p50"], False),
    ("Purchase p95", "ms", lambda phase: phase["spike"]["purchase_ms"]["p95"], False),
    ("Purchase p99", "ms", lambda phase: phase["spike"]["purchase_ms"]["p99"], False),
    ("Read p50", "ms", lambda phase: phase["spike"]["read_ms"]["p50"], False),
    ("Read p95", "ms", lambda phase: phase["spike"]["read_ms"]["p95"], False),
    ("Read p99", "ms", lambda phase: phase["spike"]["read_ms"]["p99"], False),
    (
        "Look-ups of the event",
        "at PostgreSQL, by reads and purchases, a second",
        lambda phase: phase["spike"]["lookups_per_s"],
        False,
    ),
    ("Accepted in the rush", "a second", lambda phase: phase["rush"]["accepted_per_s"], True),
    ("Settled in the rush", "a second", lambda phase: phase["sellout"]["settled_per_s"], True),
    (
        "CPU an order in the spike",
        "microseconds, with its reads",
        lambda phase: phase["spike"]["cpu_us_an_order"],
        False,
    ),
    ("CPU an order in the rush", "microseconds", lambda phase: phase["sellout"]["cpu_us_an_order"], False),
)

_CHARTS = (
    ("requests", "Answers", "requests a second, by the second in which they ended"),
    ("latency", "Latency", "milliseconds, logarithmic; failed requests count too"),
    ("orders", "Orders", "in the queue or awaiting payment, and accepted and settled a second"),
    ("cache", "Who answers look-ups of the event", "by reads and purchases, a second, by layer"),
    ("connections", "Database connections on loan", "at the moment of the sample"),
    ("cpu", "CPU", "cores, stacked by service"),
    ("memory", "Memory", "resident, shared pages once"),
)

_COMPARED = (("spike", "spike"), ("rush", "sellout"))  # windows: for people, and in the figures
# What was used up is asked of each load by itself: over a rush and its aftermath nothing is full all the time.
_JUDGED = (("In the spike", "spike"), ("In the rush", "rush"), ("While the rest was settled", "drain"))
_WORTH_JUDGING = 2  # seconds

_WORTH_TELLING = 1.2  # two runs of the same differ by less

_DEFINITIONS = (
    "The second line of a cell is the ratio to the phase before it here, and to phase {first} (×3 is three times as much, ÷30 a "
    "thirtieth). The spike is the same stream of people in every phase, who keep coming however slow the answers are;"
    " its first seconds are left out. In the rush {rush} buyers press Buy again as soon as they are answered. An "
    "order is settled when it is in a final state: confirmed, declined, expired or refused. “Settled in the rush” is "
    "all that reached one from the beginning of the rush until the last accepted order had, by that time. CPU an "
    "order is the CPU time of all services (Nginx, api, worker, payments, PostgreSQL, Redis, RabbitMQ; not the load "
    "generator) by the orders settled in the same window: in the spike that includes two and a half reads and more "
    "for each order, in the rush next to none. Errors are answers other than 200, 201, 202, 402 and 409, and no "
    "answer; those of the spike's first seconds count too. Nothing sells out: each category has a million tickets, so all phases do the same work."
)


def library() -> str:
    for name in _LIBRARY:
        path = _LIBRARY_DIRECTORY / name
        if path.exists():
            return path.read_text().replace("</script", "<\\/script")
    raise Failure("Chart.js is not here: scripts/install-packages report gets it")


def _as_many(ratio: float | None) -> str:
    if ratio is None or 1 / _WORTH_TELLING < ratio < _WORTH_TELLING:
        return "about as many"
    return f"{ratio:,.1f} times as many" if ratio > 1 else f"only {ratio:.2f} times as many"


def _as_soon(ratio: float | None) -> str:
    if ratio is None or ratio < _WORTH_TELLING:
        return ""
    return f", {ratio:,.{0 if ratio >= 10 else 1}f} times as soon"


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


class Report:
    def __init__(self, recording: dict, rush_buyers: int) -> None:
        self.recording = recording
        self.rush_buyers = rush_buyers
        self.complete = [phase for phase in recording["phases"] if figures.is_complete(phase)]
        self.unfinished = [
            phase for phase in recording["phases"] if not figures.is_complete(phase) and "began" in phase["marks"]
        ]
        self.phases = [figures.of_phase(phase) for phase in self.complete]
        self.claims = claims.check(self.phases)

    def html(self) -> str:
        return _fill(
            "page.html",
            style=(_PAGE / "style.css").read_text(),
            script=(_PAGE / "charts.js").read_text(),
            library=library(),
            lead=escape(self._lead()),
            facts=escape(self._facts()),
            notice=self._notice(),
            summary=self._summary(),
            phases="".join(self._sections()),
            markdown=escape(self.markdown()),
            data=self._data(),
            footer=escape(self._footer()),
        )

    def markdown(self) -> str:
        """Figures of all phases; in brackets the ratio to the phase before and to the first one measured."""
        names = [f"{phase['phase']} {_plan(phase).name}" for phase in self.phases]
        lines = ["| | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
        for name, unit, value, _ in _ROWS:
            cells = [
                self._plain_cell(*each)
                for each in zip(
                    self.phases, figures.ratios(self.phases, value), [value] * len(self.phases), strict=True
                )
            ]
            lines.append(f"| {name}, {unit} | " + " | ".join(cells) + " |")
        lines += ["", *(f"- {_mark(claim)}: {claim.text}. Measured: {claim.measured}." for claim in self.claims)]
        return "\n".join(lines) + "\n"

    def terminal(self) -> list[str]:
        """The claims that this run can tell of."""
        return [
            f"  {_mark(claim):13} {claim.text}\n{'':16}{claim.measured}"
            for claim in self.claims
            if claim.holds is not None
        ]

    def _plain_cell(self, phase: Figures, ratio: tuple, value: Callable[[Figures], float | None]) -> str:
        before, first = ratio
        shown = number(value(phase))
        return shown if first is None else f"{shown} ({times(before)}, {times(first)})"

    def _lead(self) -> str:
        if len(self.phases) < 2:
            return "The same sale, under the same load, on the architecture of each phase."
        first, last = self.phases[0], self.phases[-1]
        faster = figures.quotient(last["sellout"]["settled_per_s"], first["sellout"]["settled_per_s"])
        quicker = figures.quotient(first["spike"]["purchase_ms"]["p95"], last["spike"]["purchase_ms"]["p95"])
        return (
            f"The same executable on the same machine under the same load: from the {_plan(first).name} of phase "
            f"{first['phase']} to the {_plan(last).name} of phase {last['phase']}, {_as_many(faster)} orders are "
            f"settled in a rush, and 95 of 100 buyers have their answer in "
            f"{number(last['spike']['purchase_ms']['p95'])} ms instead of "
            f"{number(first['spike']['purchase_ms']['p95'])} ms{_as_soon(quicker)}."
        )

    def _facts(self) -> str:
        about = self.recording["about"]
        return (
            f"{about['when']} · {about['pace']} run, {about['users']} people a second, of whom 4 in 10 buy · "
            f"{about['machine']} · payments take {about['latency_ms']} ms, {about['jitter_ms']} ms more or less"
        )

    def _footer(self) -> str:
        about = self.recording["about"]
        settings = ", ".join(about["settings"]) or "none"
        return f"Made by scripts/lab evolve. {about['versions']}. Settings changed for the run: {settings}."

    def _notice(self) -> str:
        lost = [phase for phase in self.recording["phases"] if not figures.is_complete(phase)]
        said = [
            f"Phase {phase['phase']} was not finished: {phase['failure'] or 'it was interrupted'}." for phase in lost
        ]
        if self.recording.get("failure") and not said:
            said.append(self.recording["failure"])
        if said:
            said.append("What was finished before is below.")
        return "".join(f'<p class="notice">{escape(text)}</p>' for text in (" ".join(said), *self._doubts()) if text)

    def _doubts(self) -> list[str]:
        """What makes a comparison unfair."""
        disturbed = ", ".join(
            f"{bottleneck.foreign(phase[key]):.0%} in the {name} of phase {phase['phase']}"
            for phase in self.phases
            for name, key in _COMPARED
            if bottleneck.foreign(phase[key]) > bottleneck.DISTURBED
        )
        said = (
            [
                f"The machine was disturbed: programs that are no part of the lab took so much of its CPU: {disturbed}. "
                "The figures of these windows are worse than they should be."
            ]
            if disturbed
            else []
        )
        said += [
            f"In phase {phase['phase']} the repair took so long that the drill ran into the rush: the rush's figures "
            "are not to be compared."
            for phase in self.phases
            if phase["is_late"]
        ]
        return said + [
            f"In phase {phase['phase']} k6 ran out of virtual users: {phase['dropped']:,} people could not come, so its "
            "load was less than that of the others."
            for phase in self.phases
            if phase["dropped"]
        ]

    def _summary(self) -> str:
        if not self.phases:
            return ""
        return _fill(
            "summary.html",
            table=self._table(),
            claims=self._claims(),
            definitions=escape(_DEFINITIONS.format(rush=self.rush_buyers, first=self.phases[0]["phase"])),
        )

    def _table(self) -> str:
        head = "".join(
            f"<th scope=col>{plan.number} {escape(plan.name)}<small>+ {escape(plan.adds)}</small></th>"
            for plan in map(_plan, self.phases)
        )
        body = "".join(self._row(*row) for row in _ROWS)
        return (
            f'<div class="scroll" tabindex="0"><table><thead><tr><th scope=col>&nbsp;</th>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )

    def _row(self, name: str, unit: str, value: Callable[[Figures], float | None], is_more_better: bool) -> str:
        values = [value(phase) for phase in self.phases]
        known = [each for each in values if each is not None]
        best = (max if is_more_better else min)(known) if known else None
        cells = ""
        for each, (before, first) in zip(values, figures.ratios(self.phases, value), strict=True):
            ratio = "" if first is None else f'<span class="ratio">{times(before)} · {times(first)}</span>'
            cells += f"<td><span{' class=best' if each == best else ''}>{number(each)}</span>{ratio}</td>"
        return f"<tr><th scope=row>{escape(name)}<small>{escape(unit)}</small></th>{cells}</tr>"

    def _claims(self) -> str:
        items = "".join(
            f'<li><span class="verdict {_mark_class(claim)}">{_mark(claim)}</span><div><p>{escape(claim.text)}.</p>'
            f'<p class="measured">Measured: {escape(claim.measured)}.</p></div></li>'
            for claim in self.claims
        )
        return f'<ul class="claims">{items}</ul>'

    def _sections(self) -> list[str]:
        finished = [self._section(*each) for each in zip(self.complete, self.phases, strict=True)]
        return finished + [self._section_of_unfinished(recording) for recording in self.unfinished]

    def _section_of_unfinished(self, recording: dict) -> str:
        plan = _plan(recording)
        return (
            f'<section class="phase" id="phase-{plan.number}"><h2><b>{plan.number}</b> {escape(plan.name)}, unfinished</h2>'
            f'<div class="scroll">{topology.draw(plan, recording["services"])}</div>{_charts(plan)}</section>'
        )

    def _section(self, recording: dict, phase: Figures) -> str:
        plan, about = _plan(phase), self.recording["about"]
        limits = about["cores"], about["charges_max"], about["latency_ms"]
        verdicts = "".join(
            f"<p><b>{when}.</b> {escape(bottleneck.judge(phase[key], *limits).text)}</p>"
            for when, key in _JUDGED
            if phase[key]["seconds"] >= _WORTH_JUDGING
        )
        if phase["backlog_peak"] > phase["drill_peak"] + 10:
            verdicts += (
                f"<p>The rush was accepted faster than it was settled: {phase['backlog_peak']:,.0f} orders stood in "
                "the queue at the most.</p>"
            )
        audit = recording["audit"]
        return (
            f'<section class="phase" id="phase-{plan.number}"><h2><b>{plan.number}</b> {escape(plan.name)}</h2>'
            f'<p class="note">Adds {escape(plan.adds)}. The drill: {escape(plan.drill)}.</p>'
            f'<div class="scroll">{topology.draw(plan, recording["services"])}</div>'
            f'<h3>What held it back</h3><div class="bottleneck">{verdicts}</div>'
            f"<h3>The drill</h3><p>{escape(self._drill(phase))}</p>"
            f"{_charts(plan)}"
            f'<h3>The audit: <span class="{"holds" if audit["passed"] else "fails"}">'
            f"{'every promise is kept' if audit['passed'] else 'breaches'}</span></h3>"
            f'<pre class="audit">{escape(chr(10).join(audit["lines"]))}</pre></section>'
        )

    def _drill(self, phase: Figures) -> str:
        fault = phase["fault"]
        errors = sum(fault["errors"].values())
        kinds = ", ".join(f"{name}: {count:,}" for name, count in fault["errors"].items())
        said = (
            f"{_plan(phase).drill.capitalize()}. {fault['requests']:,} requests while it lasted, "
            + (f"{errors:,} of them errors ({kinds})" if errors else "not one error")
            + f"; read p95 {number(fault['read_ms']['p95'])} ms, purchase p95 {number(fault['purchase_ms']['p95'])} ms."
        )
        if phase["drill_peak"] >= 10:
            said += (
                f" At the most {phase['drill_peak']:,.0f} orders stood in the queue; at the end "
                f"{phase['backlog_last']:,.0f}."
            )
        layers = {name: share for name, share in fault["cache"].items() if share >= 0.005}
        if _plan(phase).number >= 2 and layers:
            names = {"l1": "the api's own copy", "redis": "Redis", "database": "PostgreSQL", "stale": "a stale copy"}
            said += (
                " Look-ups of the event, by reads and purchases, were answered from "
                + ", ".join(f"{names[name]} {share:.1%}" for name, share in layers.items())
                + "."
            )
        return said

    def _data(self) -> str:
        data = {
            "phases": [
                {
                    "number": recording["phase"],
                    "name": _plan(recording).name,
                    "pool": recording["pool_size"],
                    "replicas": sum(name.startswith("api-") for name in recording["services"]),
                    "series": series.of_phase(recording),
                }
                for recording in self.complete + self.unfinished
            ],
            "bars": {
                "names": [f"{phase['phase']} {_plan(phase).name}" for phase in self.phases],
                "settled": {"values": [phase["sellout"]["settled_per_s"] for phase in self.phases]},
                "p95": {"values": [phase["spike"]["purchase_ms"]["p95"] for phase in self.phases], "logarithmic": True},
                "cpu": {"values": [phase["sellout"]["cpu_us_an_order"] for phase in self.phases]},
            },
        }
        return json.dumps(data, separators=(",", ":")).replace("</", "<\\/")


def _charts(plan: Phase) -> str:
    shown = [chart for chart in _CHARTS if not (chart[0] == "orders" and plan.number < 3)]
    shaded = f'<p class="shaded"><i></i>Shaded: {escape(topology.broken_by(plan))}, until all is as before.</p>'
    return (
        f'<div class="charts">{shaded}'
        + "".join(
            f"<figure><figcaption>{title}<small>{unit}</small></figcaption><div class=canvas>"
            f'<canvas data-kind="{kind}" data-phase="{plan.number}" role="img" aria-label="{title}, phase {plan.number}"></canvas>'
            "</div></figure>"
            for kind, title, unit in shown
        )
        + "</div>"
    )


def _fill(template: str, **values: str) -> str:
    return string.Template((_PAGE / template).read_text()).substitute(values)


def _plan(phase: dict) -> Phase:
    return PHASES[phase["phase"] - 1]


def _mark(claim: claims.Claim) -> str:
    return {True: "holds", False: "does not hold", None: "open"}[claim.holds]


def _mark_class(claim: claims.Claim) -> str:
    return {True: "holds", False: "fails", None: "open"}[claim.holds]


def number(value: float | None) -> str:
    """Three digits that mean something."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def times(ratio: float | None) -> str:
    """×3 is three times as much, ÷3 a third."""
    if not ratio:
        return "–" if ratio is None else "×0"
    return f"×{number(ratio)}" if ratio > 0.995 else f"÷{number(1 / ratio)}"
