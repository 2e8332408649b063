"""When buyers come. Pure.

A quarter of them press the button within the first sixtieth of the time (of a minute, the first second), evenly; after
that they come ever more slowly, by about one over the time that has passed, and at the end all have come.
"""

import itertools
import math

RUSH, OF_ALL = 1 / 60, 1 / 4
STEEPNESS = 150.5  # the one with which a quarter have come by then
MORE_THAN_TICKETS = 10  # percent: it sells out, and the rest read a refusal
MINUTE = 60
TICKETS_OF_A_MINUTE = 50_000


def share(time: float) -> float:
    """Of all buyers, who have come when so large a share of the time is over."""
    if time <= RUSH:
        return OF_ALL * time / RUSH
    return math.log1p(STEEPNESS * time) / math.log1p(STEEPNESS)


def arrivals(buyers: int, seconds: int) -> list[int]:
    """How many come in each second: all of them in all."""
    come = [round(buyers * share(second / seconds)) for second in range(seconds + 1)]
    return [after - before for before, after in itertools.pairwise(come)]


def buyers_for(tickets: int) -> int:
    return tickets + math.ceil(tickets * MORE_THAN_TICKETS / 100)


def seconds_for(tickets: int) -> int:
    """A minute. More tickets than a machine like ours can be asked for in one take longer, so that as many buyers
    come in the first second, and no more: the load generator shares the cores with the servers."""
    return max(MINUTE, math.ceil(MINUTE * tickets / TICKETS_OF_A_MINUTE))
