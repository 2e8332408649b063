"""What refusals took beside their answers, as the replicas count it: messages, and statements of the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import exposition
from .laboratory import Failure, Laboratory

# Statements that a replica makes by the clock, however many ask, and how many a second at most: it reads an event when its
# copy is older than 100 ms and Redis has none that is fresh; all events, and the database's clock, every two seconds.
# More than that is the refusals' doing.
BY_THE_CLOCK = {"find_event": 10, "list_events": 1, "read_time": 1}
_MESSAGES = "publish_batch_orders_count"


@dataclass(frozen=True)
class Trace:
    sold_out: int  # answers 409
    messages: int
    statements: dict[str, int]  # by name, those beyond the clock's
    by_the_clock: int

    @property
    def statements_each(self) -> float:
        return sum(self.statements.values()) / self.sold_out if self.sold_out else 0.0


def count(lab: Laboratory) -> dict[str, float]:
    """The replicas' counters, added up."""
    replicas = {name: port for name, port in lab.ops_ports().items() if name.startswith("api-")}
    found = {name: exposition.fetch(port) for name, port in replicas.items()}
    if silent := [name for name, metrics in found.items() if metrics is None]:
        raise Failure(f"{silent[0]} does not tell its metrics")
    return added_up(filter(None, found.values()))


def added_up(replicas: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for metrics in replicas:
        for name, value in metrics.items():
            total[name] = total.get(name, 0.0) + value
    return total


def trace(before: Mapping[str, float], after: Mapping[str, float], seconds: float, replicas: int) -> Trace:
    """Between two counts that lie so far apart."""
    rise = {name: round(value - before.get(name, 0.0)) for name, value in after.items()}
    prefix = "database_statements:"
    statements = {name.removeprefix(prefix): count for name, count in rise.items() if name.startswith(prefix) and count}
    own = {name: count - round(BY_THE_CLOCK.get(name, 0) * seconds * replicas) for name, count in statements.items()}
    own = {name: count for name, count in own.items() if count > 0}
    return Trace(
        sold_out=rise.get("http_requests:409", 0),
        messages=rise.get(_MESSAGES, 0),
        statements=own,
        by_the_clock=sum(statements.values()) - sum(own.values()),
    )


def breaches(found: Trace, statements_max: float) -> list[str]:
    """What is not as promised: no message, and at most so many statements for each refusal."""
    words = []
    if found.messages:
        words.append(f"{found.messages:,} messages were published")
    if found.statements_each > statements_max:
        named = ", ".join(f"{name} {count:,}" for name, count in sorted(found.statements.items()))
        words.append(
            f"{sum(found.statements.values()):,} statements for {found.sold_out:,} refusals ({named}), "
            f"not at most {statements_max:g} each"
        )
    if not found.sold_out:
        words.append("nothing was refused")
    return words
