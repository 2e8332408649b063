"""One measured sale: a fresh event, purchases by wrk, until the last accepted order is in a final state."""

import concurrent.futures
import itertools
import time
from dataclasses import dataclass

from . import exposition, wrk
from .laboratory import CAPACITY, Failure, Laboratory
from .meter import Meter, Use

SETTLE_LIMIT_S = 300  # without an order settled
# A purchase that Nginx may have passed on is looked up while some replica may have known of a ticket when it came: for
# copies_differ_max (orders/place_order.hpp) after the last one went, and the life of a copy.
COPIES_DIFFER_S = 3
_FINAL = tuple(f"orders:{state}" for state in ("confirmed", "rejected", "payment_failed", "expired"))
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Sale:
    event: str
    answers: wrk.Answers
    settled: int
    seconds: float  # from the first request to the last final state
    use: Use

    @property
    def settled_per_second(self) -> float:
        return self.settled / self.seconds

    def cpu_us(self) -> dict[str, float]:
        return self.use.microseconds_each(self.settled, self.answers.cpu_seconds)


def fresh_event(lab: Laboratory, capacity: int = CAPACITY, events: int = 1, categories: int = 1) -> str:
    """Of more than one the name without its number, as bench/purchase.lua has it."""
    event = f"bench-{int(time.time())}-{next(_numbers)}"
    names = _numbered(event, events)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: lab.create_event(name, capacity, _numbered("standing", categories)), names))
    return event


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]


def sold_out_event(lab: Laboratory) -> str:
    """One whose standing tickets are gone, as every replica has known for long enough to refuse by its own copy."""
    event = fresh_event(lab, capacity=1)
    before = count_final(lab)
    lab.buy(event)
    wait_until_settled(lab, before + 1)
    time.sleep(COPIES_DIFFER_S)
    return event


def count_final(lab: Laboratory) -> float:
    """Orders that the workers have brought to an end since they were started. Cheaper than to ask the database."""
    return sum(
        metrics.get(name, 0.0)
        for service, port in lab.ops_ports().items()
        if service.startswith("worker-") and (metrics := exposition.fetch(port))
        for name in _FINAL
    )


def sell(lab: Laboratory, connections: int, seconds: int, events: int = 1, categories: int = 1) -> Sale:
    event = fresh_event(lab, CAPACITY, events, categories)
    before = count_final(lab)
    meter = Meter(lab.directories())
    began = time.monotonic()
    answers = wrk.run(
        f"{lab.url}/api/v1/orders",
        connections,
        seconds,
        wrk.PURCHASE,
        event,
        "standing",
        event,
        str(events),
        str(categories),
    )
    ended = wait_until_settled(lab, before + answers.accepted)
    use = meter.read()
    known, final = lab.count_orders(event)
    if final < answers.accepted or known != final:
        raise Failure(f"{answers.accepted} were accepted, {known} are known, and only {final} are final")
    return Sale(event, answers, final, ended - began, use)


def wait_until_settled(lab: Laboratory, least: float) -> float:
    """When the last one was. wrk leaves requests unread when its time is up, and those are settled too: so it is over
    when as many are final as were accepted, and no more come."""
    count, changed = count_final(lab), time.monotonic()
    while count < least or time.monotonic() - changed < 1:
        time.sleep(0.05)
        if (now := count_final(lab)) != count:
            count, changed = now, time.monotonic()
        if time.monotonic() - changed > SETTLE_LIMIT_S:
            raise Failure(f"{least - count:,.0f} accepted orders are not settled")
    return changed
