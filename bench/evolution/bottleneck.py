"""What held a window back, told from its figures: which resource was used up. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

SATURATED = 0.9  # of a resource that can be full; above it every further caller waits
NEARLY = 0.7  # named where nothing is saturated: over a whole window it may have been so at times

# A worker claims payments when a quarter of its window is free (orders/charge_pacing): so many are at work on average when
# there is always something to claim.
WINDOW_IN_USE = 7 / 8

QUEUED = 0.8  # of a window: while orders wait in the queue, the one who takes them from it is what they wait for

DISTURBED = 0.15  # of the machine, taken by what is no part of the lab: above it figures are not to be trusted


@dataclass(frozen=True)
class Use:
    resource: str
    share: float  # 1 is all there is
    evidence: str


@dataclass(frozen=True)
class Verdict:
    saturated: tuple[Use, ...]  # the fullest first; empty: nothing was
    text: str


def judge(stretch: dict, cores: int, charges_max: int, charge_ms: float) -> Verdict:
    """Of a stretch (see figures.py)."""
    uses = sorted(_uses(stretch, cores, charges_max, charge_ms), key=lambda use: -use.share)
    saturated = tuple(use for use in uses if use.share >= SATURATED)
    return Verdict(saturated, _say(saturated, uses, stretch))


def _uses(stretch: dict, cores: int, charges_max: int, charge_ms: float) -> list[Use]:
    return [
        use
        for use in (
            *_pools(stretch),
            _settler(stretch),
            _charges(stretch, charges_max, charge_ms),
            *_threads(stretch, cores),
            _machine(stretch),
        )
        if use
    ]


def _pools(stretch: dict) -> list[Use]:
    wait = stretch["pool_wait_ms"]
    return [
        Use(
            f"the {role}'s database connections",
            share,
            f"{share:.0%} of them on loan, {wait or 0:,.0f} ms waited for one on average",
        )
        for role, share in stretch["pool_use"].items()
        if share is not None
    ]


def _settler(stretch: dict) -> Use | None:
    """One transaction at a time. It is full when one is always open; or when orders wait for it all the time, whatever it
    does with the rest: it takes messages and acknowledges them between two transactions."""
    share, size, waits = stretch["settler_use"], stretch["orders_a_transaction"], stretch["queue_waits"] or 0
    if not share or not size:
        return None
    return Use(
        "the settler, which has one transaction at a time",
        1.0 if waits >= QUEUED else share,
        f"in a transaction {share:.0%} of the time, {size:,.1f} orders in each, and orders in the queue {waits:.0%} "
        "of the time",
    )


def _charges(stretch: dict, charges_max: int, charge_ms: float) -> Use | None:
    """By Little's law: how many are under way is how many begin a second, times how long each takes."""
    if stretch["pool_use"]["worker"] is None or not stretch["charges_per_s"]:
        return None  # synchronous purchases charge with a connection in hand: the pool tells of them
    under_way = stretch["charges_per_s"] * charge_ms / 1000
    return Use(
        "the charges that may be under way",
        under_way / (charges_max * WINDOW_IN_USE),
        f"about {under_way:,.0f} of {charges_max} at a time, claimed by the quarter",
    )


def _threads(stretch: dict, cores: int) -> list[Use]:
    """An api and a worker serve from one thread (and one more for the broker): a core is all they can use."""
    return [
        Use(f"{name}'s thread", share * cores, f"{share * cores:.0%} of a core")
        for name, share in stretch["shares"].items()
        if name.startswith(("api-", "worker-"))
    ]


def _machine(stretch: dict) -> Use | None:
    shares = stretch["shares"]
    if not shares:
        return None
    used = sorted(((share, name) for name, share in shares.items() if name != "idle"), reverse=True)[:4]
    return Use(
        "the machine's CPU",
        1 - shares["idle"],
        f"{1 - shares['idle']:.0%} busy: " + ", ".join(f"{name} {share:.0%}" for share, name in used),
    )


def _say(saturated: tuple[Use, ...], uses: list[Use], stretch: dict) -> str:
    if not uses:
        return "Not enough was measured to tell."
    if not saturated:
        fullest = [use for use in uses if use.share >= NEARLY][:2] or uses[:1]
        return f"Nothing was used up. The fullest: {_list(fullest)}."
    told = _list(saturated)
    disturbed = (
        f" Programs that are no part of the lab took {foreign(stretch):.0%} of the machine."
        if foreign(stretch) > DISTURBED
        else ""
    )
    return f"Used up: {told}.{disturbed}"


def foreign(stretch: dict) -> float:
    return stretch["shares"].get("other", 0) + stretch["shares"].get("stolen", 0)


def _list(uses: Iterable[Use]) -> str:
    return "; ".join(f"{use.resource} ({use.evidence})" for use in uses)
