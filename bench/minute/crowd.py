"""The buyers: they come by the curve, each with a key of their own, and repeat under it until they have an answer."""

import json
import pathlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from harness.laboratory import Failure
from harness.vegeta import Answer, Attack, Target, purchase

ROUNDS = 30  # so often somebody presses the button; who has no answer then has none
WAIT_AFTER_NOTHING_S = 1  # as a page does that got no answer, or one without a Retry-After
CATEGORY = "standing"
# Those who come in the same second share them, and wait for one where there are more: that counts as waiting, but a
# connection for each would cost these cores more than the sale.
_CONNECTIONS = 1000
# Each lives for a moment and has thousands of stacks to look through: it takes memory rather than the servers' CPU.
_WITHOUT_COLLECTING = {"GOGC": "off", "GOMEMLIMIT": "2GiB"}
_ACCEPTED, _REFUSED, _AGAIN = 202, 409, (0, 429, 503)


class End(NamedTuple):
    """What a buyer was answered in the end."""

    arrived: float  # seconds since the epoch
    answered: float
    order: str | None  # None: refused


class Shop(NamedTuple):
    url: str
    event: str

    def target(self, buyer: int) -> Target:
        """The number stands behind the url too, as a fragment, which is not sent: it tells whose answer one is."""
        return Target(
            "POST",
            f"{self.url}/api/v1/orders#{buyer}",
            purchase(self.event, self.event, buyer, CATEGORY),
            {"Idempotency-Key": f"{self.event}-{buyer}"},
        )


class Crowd:
    """A thread and a vegeta for those who come in the same second. `greet` is called, on these threads, with the accepted
    order's id, its buyer's number and the time of the answer."""

    def __init__(
        self, shop: Shop, arrivals: Sequence[int], directory: pathlib.Path, greet: Callable[[str, int, float], None]
    ) -> None:
        self.buyers = sum(arrivals)
        self.ends: list[End] = []
        self.repeats = 0
        self.lateness = 0.0  # of the generator: of the group that came latest after its time
        self._shop, self._directory, self._greet = shop, directory, greet
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._failure: Exception | None = None
        self._under_way: set[Attack] = set()
        self._groups: list[threading.Thread] = []
        self._began = 0.0
        self._addresses = 0
        first = 0
        for second, count in enumerate(arrivals):
            if count:
                buyers = range(first, first + count)
                attack = self._attack(f"second-{second}", buyers)  # written now, so that it costs nothing later
                self._groups.append(threading.Thread(target=self._run, args=(second, buyers, attack), daemon=True))
            first += count

    def open(self, began: float) -> None:
        """The doors, at that time."""
        self._began = began
        for group in self._groups:
            group.start()

    @property
    def is_over(self) -> bool:
        """Everybody has an answer, or has given up."""
        if self._failure:
            raise self._failure
        return not any(group.is_alive() for group in self._groups)

    @property
    def without_end(self) -> int:
        return self.buyers - len(self.ends)

    def stop(self) -> None:
        self._over.set()
        with self._lock:
            for attack in self._under_way:
                attack.stop()
        for group in self._groups:
            if group.ident:
                group.join()

    def _attack(self, name: str, buyers: Iterable[int]) -> Attack:
        """All of them within a second, from an address of their own: one has not ports for everybody."""
        with self._lock:
            self._addresses += 1
            address = f"127.0.{1 + self._addresses // 250 % 250}.{1 + self._addresses % 250}"
        return Attack(
            self._directory,
            name,
            map(self._shop.target, buyers),
            rate=len(buyers),
            address=address,
            connections=_CONNECTIONS,
            environment=_WITHOUT_COLLECTING,
        )

    def _run(self, second: int, buyers: range, attack: Attack) -> None:
        try:
            self._buy(second, buyers, attack)
        except Exception as failure:
            if not self._over.is_set():
                self._failure = failure

    def _buy(self, second: int, buyers: range, attack: Attack) -> None:
        self._sleep_until(self._began + second)
        waiting: dict[int, float | None] = dict.fromkeys(buyers)  # and since when
        for attempt in range(1, ROUNDS + 1):
            answers = self._answers_of(attack)
            if attempt == 1 and answers:
                self.lateness = max(self.lateness, answers[0].intended - self._began - second)
            again_at = self._take(answers, waiting)
            if not waiting or attempt == ROUNDS:
                return
            self._sleep_until(again_at)
            with self._lock:
                self.repeats += len(waiting)
            attack = self._attack(f"second-{second}-{attempt + 1}", list(waiting))

    def _answers_of(self, attack: Attack) -> list[Answer]:
        with self._lock:
            if self._over.is_set():
                raise Failure("it is over")
            attack.start()
            self._under_way.add(attack)
        try:
            attack.finish()
        finally:
            with self._lock:
                self._under_way.discard(attack)
        answers = attack.answers()
        attack.forget()
        return answers

    def _take(self, answers: list[Answer], waiting: dict[int, float | None]) -> float:
        """Who has an end waits no longer. When the last of the others may come again."""
        again_at = time.time() + WAIT_AFTER_NOTHING_S
        ends = []
        for answer in answers:
            buyer = int(answer.url.rpartition("#")[2])
            arrived = waiting[buyer] or answer.intended
            if answer.status in _AGAIN:
                waiting[buyer] = arrived
                again_at = max(again_at, answer.ended + (answer.retry_after or WAIT_AFTER_NOTHING_S))
                continue
            order = read(answer)
            ends.append(End(arrived, answer.ended, order))
            del waiting[buyer]
            if order:
                self._greet(order, buyer, answer.ended)
        with self._lock:
            self.ends += ends
        return again_at

    def _sleep_until(self, when: float) -> None:
        if self._over.wait(max(0.0, when - time.time())):
            raise Failure("it is over")


def read(answer: Answer) -> str | None:
    """The order of who was accepted, None for who was refused. Nothing else is an answer that a buyer may read."""
    if answer.status == _ACCEPTED:
        return json.loads(answer.body)["id"]
    if answer.status == _REFUSED and json.loads(answer.body)["type"] == "urn:ticketd:problem:sold-out":
        return None
    raise Failure(f"a purchase was answered {answer.status}: {answer.body.decode(errors='replace')[:200]}")
