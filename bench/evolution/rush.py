"""The rush: buyers who press Buy again as soon as they are answered. By vegeta, as k6 would itself be the bottleneck."""

import itertools
import json
import math
import pathlib
from collections.abc import Iterator

from harness.laboratory import CATEGORIES
from harness.vegeta import Attack, Target

from .load import Seconds

_PURCHASES_PER_SECOND = 20_000  # more than two cores answer
_TICKETS = (1, 2, 3, 4)


class Rush:
    def __init__(self, directory: pathlib.Path, url: str, event: str, buyers: int, seconds: int) -> None:
        targets = _purchases(url, event, seconds * _PURCHASES_PER_SECOND)
        self._attack = Attack(directory, "rush", targets, rate=0, seconds=seconds, workers=buyers)
        self._accepted: list[str] = []

    def start(self) -> None:
        self._attack.start()

    @property
    def pid(self) -> int:
        return self._attack.pid

    def kill(self) -> None:
        self._attack.stop()

    def finish(self, into: Seconds) -> None:
        """Adds its requests to the others, each to the second in which it ended."""
        self._attack.finish()
        for answer in self._attack.answers():
            statuses = into.setdefault(math.floor(answer.ended), {}).setdefault("purchase", {})
            statuses.setdefault(str(answer.status), []).append(round(answer.latency_ms * 10))
            if answer.status in (201, 202):
                self._accepted.append(json.loads(answer.body)["id"])
        self._attack.forget()

    def accepted_orders(self) -> list[str]:
        return self._accepted


def _purchases(url: str, event: str, count: int) -> Iterator[Target]:
    choices = itertools.cycle(itertools.product(_TICKETS, CATEGORIES))
    for number, (quantity, category) in zip(range(count), choices, strict=False):
        buyer = {"name": f"Buyer {number}", "email": f"rush-{number}@example.com"}
        body = {"event_id": event, "category_id": category, "quantity": quantity, "buyer": buyer}
        yield Target("POST", f"{url}/api/v1/orders", body)
