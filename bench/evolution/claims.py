"""What the design says that the phases show, held against the figures. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from .bottleneck import SATURATED
from .figures import quotient

P95_TIMES = 5  # "many times"
LOOKUPS_LEFT = 0.1  # "fall by more than nine tenths"
FRACTION = 0.6  # of phase 3's CPU an order; payments cost the same in both, and no coalescing lessens them


@dataclass(frozen=True)
class Claim:
    text: str
    holds: bool | None  # None: a phase that it needs was not measured
    measured: str


def check(phases: list[dict]) -> list[Claim]:
    """`phases` as figures.of_phase() makes them."""
    by_number = {phase["phase"]: phase for phase in phases}
    return [*(_one(by_number, *claim) for claim in _CLAIMS), _promises(phases)]


Outcome = tuple[bool, str]


def _one(by_number: dict[int, dict], text: str, needs: tuple[int, ...], judge: Callable[..., Outcome]) -> Claim:
    if not all(number in by_number for number in needs):
        return Claim(
            text,
            None,
            "not measured: the run has no phase "
            + ", ".join(str(number) for number in needs if number not in by_number),
        )
    return Claim(text, *judge(*(by_number[number] for number in needs)))


def _promises(phases: list[dict]) -> Claim:
    text = "Every phase: the audit finds every promise kept"
    if not phases:
        return Claim(text, None, "not measured: no phase was finished")
    broken = [str(phase["phase"]) for phase in phases if not phase["audit"]["passed"]]
    return Claim(
        text,
        not broken,
        f"breaches in phase {', '.join(broken)}: see the audit"
        if broken
        else f"no breach; {sum(phase['accepted'] for phase in phases):,} orders were accepted in all",
    )


def _monolith(first: dict, third: dict) -> Outcome:
    use = first["spike"]["pool_use"]["api"] or 0
    # Of those who were given tickets: a refusal may be quick.
    slow, quick = first["spike"]["ticket_ms"]["p95"], third["spike"]["ticket_ms"]["p95"]
    times = quotient(slow, quick) or 0
    return (
        use >= SATURATED and times >= P95_TIMES and _is_flawless(third["spike"]),
        f"{use:.0%} of the connections on loan; p95 of the purchases that succeeded {_ms(slow)} against {_ms(quick)}, "
        f"{times:,.0f} times; {_errors(third['spike'])} in phase 3's spike",
    )


def _cache(first: dict, second: dict) -> Outcome:
    before, after = first["spike"]["lookups_per_s"], second["spike"]["lookups_per_s"]
    left = quotient(after, before)
    return (
        left is not None and left < LOOKUPS_LEFT and _is_flawless(second["fault"]) and _was_away(second, "redis"),
        f"{before or 0:,.0f} look-ups of the event at PostgreSQL a second in phase 1, {after or 0:,.1f} in phase 2{_stale(second)}; "
        f"{_errors(second['fault'])} among {second['fault']['requests']:,} requests while Redis was away{_unseen(second, 'redis')}",
    )


def _stale(phase: dict) -> str:
    share = phase["spike"]["cache"].get("stale", 0)
    return (
        f" ({share:.0%} of the look-ups had a stale copy, as purchases held the connections)" if share >= 0.01 else ""
    )


def _worker(third: dict) -> Outcome:
    peak, last = third["drill_peak"], third["backlog_last"]
    kept = bool(third["audit"] and third["audit"]["passed"])
    grew = peak >= (third["spike"]["accepted_per_s"] or 0)  # more than a second's worth
    return (
        grew and last == 0 and kept and _was_away(third, "worker-1"),
        f"{peak:,.0f} orders in the queue at the most, {last:,.0f} at the end; of {third['accepted']:,} accepted "
        + "orders "
        + ("none is missing" if kept else "some are missing: see the audit")
        + _unseen(third, "worker-1"),
    )


def _replica(fourth: dict) -> Outcome:
    return (
        _is_flawless(fourth["fault"]) and _was_away(fourth, "api-2"),
        f"{_errors(fourth['fault'])} among {fourth['fault']['requests']:,} requests{_unseen(fourth, 'api-2')}",
    )


def _coalescing(third: dict, fifth: dict) -> Outcome:
    before, after = third["sellout"]["cpu_us_an_order"], fifth["sellout"]["cpu_us_an_order"]
    left = quotient(after, before)
    return (
        left is not None and left <= FRACTION,
        f"{after or 0:,.0f} against {before or 0:,.0f} CPU-microseconds an order in the rush, {left or 0:.2f} of it "
        f"({fifth['sellout']['orders_a_message'] or 0:,.1f} orders a message, "
        f"{fifth['sellout']['orders_a_transaction'] or 0:,.1f} a transaction)",
    )


def _was_away(phase: dict, service: str) -> bool:
    """That nothing went wrong tells nothing if nothing was broken."""
    return service in phase["seen_gone"]


def _unseen(phase: dict, service: str) -> str:
    return "" if _was_away(phase, service) else f"; but {service} was never seen to be away"


def _is_flawless(stretch: dict) -> bool:
    """Where nobody asked, nothing is shown."""
    return stretch["requests"] > 0 and not stretch["errors"]


def _ms(value: float | None) -> str:
    return "nothing" if value is None else f"{value:,.0f} ms"


def _errors(stretch: dict) -> str:
    count = sum(stretch["errors"].values())
    if not count:
        return "no error"
    return f"{count:,} errors (" + ", ".join(f"{name}: {times:,}" for name, times in stretch["errors"].items()) + ")"


_CLAIMS = (
    (
        "Phase 1: the database connections are saturated, and a purchase takes many times as long as in phase 3",
        (1, 3),
        _monolith,
    ),
    ("Phase 2: reads leave the database, and Redis may go away without an error", (1, 2), _cache),
    (
        "Phase 3: while the worker is down orders queue up; afterwards the queue drains to zero, and nothing is lost",
        (3,),
        _worker,
    ),
    ("Phase 4: a replica is killed, and no buyer sees an error", (4,), _replica),
    ("Phase 5: an order costs a fraction of phase 3's CPU", (3, 5), _coalescing),
)
