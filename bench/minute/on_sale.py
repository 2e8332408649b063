"""One on-sale, from the opening to the last buyer's end, and what was seen of it."""

import json
import os
import time
from collections.abc import Callable

from harness import interruption, settings, statistics
from harness.laboratory import Failure, Laboratory
from harness.meter import Meter, disturbance
from harness.sampler import Sample, Sampler
from harness.vegeta import Answer, Attack, Target

from . import curve, figures
from .crowd import CATEGORY, Crowd, Shop
from .watchers import Watchers

EVENT = "on-sale"
WATCHED = 100  # buyers
SAMPLES_EVERY_S = 0.5
PREPARATION_S = 0.5  # for the threads and the readers, before the doors open
SETTLE_LIMIT_S = 120  # without any order settled or paid
WATCH_LIMIT_S = 30
SPACE_LEFT_MB = 200
_FINAL = tuple(f"orders:{state}" for state in ("confirmed", "rejected", "payment_failed", "expired"))


class OnSale:
    """`watch` is called a few times a second while it goes on."""

    def __init__(self, lab: Laboratory, tickets: int, seconds: int, watch: Callable[["OnSale"], None]) -> None:
        self.lab, self.tickets, self.seconds, self._watch = lab, tickets, seconds, watch
        self.stage = "starting the servers"
        self.arrivals = curve.arrivals(curve.buyers_for(tickets), seconds)
        self.began = 0.0
        self.crowd: Crowd | None = None
        self._watchers: Watchers | None = None
        self._readers: Attack | None = None
        self._sampler: Sampler | None = None
        self._disturbed = ""
        self._breaches: tuple[str, ...] = ()

    def run(self, payments: str) -> dict:
        self._watch(self)
        self.lab.up(5, "--payments", payments)
        self._prepare()
        try:
            self._sell()
        finally:
            with interruption.held():
                self._end()
        self._audit()
        return self._recording()

    @property
    def samples(self) -> list[Sample]:
        return self._sampler.samples if self._sampler else []

    def _prepare(self) -> None:
        self._enter("writing what the buyers will say")
        self.lab.create_event(EVENT, self.tickets, (CATEGORY,))
        load = self.lab.directory / "load"
        self._watchers = Watchers(self.lab.url)
        self.crowd = Crowd(Shop(self.lab.url, EVENT), self.arrivals, load, self._greet)
        # As many look as buy, all the time.
        availability = Target("GET", f"{self.lab.url}/api/v1/events/{EVENT}/availability")
        count = sum(self.arrivals)
        self._readers = Attack(
            load, "readers", (availability for _ in range(count)), max(1, round(count / self.seconds)), self.seconds
        )
        self._sampler = Sampler(self.lab.directories(), self.lab.ops_ports(), interval=SAMPLES_EVERY_S)

    def _greet(self, order: str, buyer: int, _answered: float) -> None:
        if buyer % max(1, self.crowd.buyers // WATCHED) == 0:
            self._watchers.follow(order)

    def _sell(self) -> None:
        meter = Meter(self.lab.directories())
        before = sum(os.times()[:4])  # of this program, and of all that it started and that has ended: the load
        with interruption.held():  # a vegeta that nobody knows of would never be ended
            self._sampler.start()
            self._watchers.start()
            self._enter("the doors are open")
            self.began = time.time() + PREPARATION_S
            self.crowd.open(self.began)
            self._readers.start()
        while not self.crowd.is_over:
            self._look()
        self._enter("the last orders")
        self._await_settled()
        self._readers.finish()
        use = meter.read()
        self._disturbed = disturbance(use, sum(os.times()[:4]) - before)
        self._enter("the last buyers read what became of their orders")
        limit = time.monotonic() + WATCH_LIMIT_S
        while self._watchers.waiting and time.monotonic() < limit:
            self._look()

    def _await_settled(self) -> None:
        """Or until nothing moves any more: who is left then has no end."""
        accepted = sum(1 for end in self.crowd.ends if end.order)
        count, moved = -1.0, time.monotonic()
        while count < accepted and time.monotonic() - moved < SETTLE_LIMIT_S:
            self._look()
            if (now := count_final(self.samples)) != count:
                count, moved = now, time.monotonic()

    def _enter(self, stage: str) -> None:
        self.stage = stage
        self._watch(self)

    def _look(self) -> None:
        time.sleep(0.1)
        self._watch(self)
        if self.lab.free_megabytes() < SPACE_LEFT_MB:
            raise Failure(f"the disk is full: less than {SPACE_LEFT_MB} MB are free where the lab is")

    def _end(self) -> None:
        self.crowd.stop()
        self._watchers.stop()
        self._readers.stop()
        self._sampler.stop()

    def _audit(self) -> None:
        self._enter("the audit")
        ledger = self.lab.directory / "ledger.txt"
        ledger.touch(mode=0o600)  # its ids open the orders to whoever has them
        ledger.write_text("".join(f"{end.order}\n" for end in self.crowd.ends if end.order))
        passed, lines = self.lab.audit(ledger)
        self._breaches = () if passed else tuple(lines)

    def _recording(self) -> dict:
        self._enter("the figures")
        step = figures.step_of(self.seconds)
        settled = self._settled(step)
        rows = figures.series(self.crowd.ends, settled, self.began, step)
        found = self._figures(settled, queue_peak=max(rows["waiting"]))
        return {
            "figures": found.as_json(),
            "line": figures.line(found),
            "is_good": found.is_good,
            "step": step,
            "sale": self.seconds,
            "series": rows,
            "queued": [
                [round(sample["at"] - self.began, 2), round(queued(sample))]
                for sample in self.samples
                if sample["at"] >= self.began
            ],
            "cpu_seconds": [
                [round(sample["at"] - self.began, 2), {name: use["cpu"] for name, use in sample["services"].items()}]
                for sample in self.samples
            ],
        }

    def _settled(self, step: float) -> figures.Settled:
        def by_step(column: str, condition: str) -> str:
            return (
                "(SELECT coalesce(json_object_agg(step, n), '{}') FROM (SELECT greatest(0, floor((extract(epoch FROM "
                f"{column}) - {self.began}) / {step})) AS step, count(*) AS n FROM o WHERE {condition} GROUP BY 1) s)"
            )

        paid, ended = "status = 'confirmed'", "status <> 'reserved'"
        answer = self.lab.run(
            "psql",
            "-d",
            "ticketd",
            "-Atqc",
            f"WITH o AS MATERIALIZED (SELECT * FROM orders WHERE event_id = '{EVENT}') SELECT json_build_object("
            "'paid', count(*) FILTER (WHERE status = 'confirmed'), "
            "'rejected', count(*) FILTER (WHERE status = 'rejected'), "
            "'other', count(*) FILTER (WHERE status NOT IN ('confirmed', 'rejected')), "
            "'last_paid_accepted', extract(epoch FROM max(accepted_at) FILTER (WHERE status = 'confirmed')), "
            "'last_paid', extract(epoch FROM max(updated_at) FILTER (WHERE status = 'confirmed')), "
            "'wait_median_s', extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY updated_at - accepted_at) "
            "FILTER (WHERE status = 'confirmed')), "
            "'wait_most_s', extract(epoch FROM max(updated_at - accepted_at) FILTER (WHERE status = 'confirmed')), "
            f"'paid_at', {by_step('updated_at', paid)}, "
            f"'ended_at', {by_step('updated_at', ended)}, "
            f"'accepted_at', {by_step('accepted_at', 'true')}) FROM o",
        )
        found = json.loads(answer)
        if not found["paid"]:
            raise Failure("not one ticket is paid")
        for name in ("paid_at", "ended_at", "accepted_at"):
            found[name] = {int(float(at)): count for at, count in found[name].items()}
        return figures.Settled(**found)

    def _figures(self, settled: figures.Settled, queue_peak: int) -> figures.Figures:
        crowd = self.crowd
        accepted = {end.order for end in crowd.ends if end.order}
        latencies = figures.latencies_ms(crowd.ends)
        reads = self._readers.answers()
        missing = max(0, len(accepted) - settled.paid - settled.rejected - settled.other)
        return figures.Figures(
            tickets=self.tickets,
            buyers=crowd.buyers,
            first_second=self.arrivals[0],
            accepted=len(accepted),
            accepted_in_s=settled.last_paid_accepted - self.began,
            paid=settled.paid,
            paid_after_s=settled.last_paid - settled.last_paid_accepted,
            wait_median_s=settled.wait_median_s,
            wait_most_s=settled.wait_most_s,
            refused=crowd.buyers - crowd.without_end - len(accepted) + settled.rejected,
            without_end=crowd.without_end + missing + self._watchers.waiting,
            other=settled.other,
            p50_ms=latencies[0.5],
            p99_ms=latencies[0.99],
            most_ms=latencies[1.0],
            repeats=crowd.repeats,
            reads=len(reads),
            reads_failed=sum(not is_served(read) for read in reads),
            read_p99_ms=statistics.told_percentiles([read.latency_ms for read in reads], (0.99,))[0.99],
            watched=len(self._watchers.ends),
            queue_peak=queue_peak,
            late_s=crowd.lateness,
            breaches=self._breaches,
            disturbed=self._disturbed,
            settings=tuple(settings.changed(os.environ)),
        )


def is_served(read: Answer) -> bool:
    return read.status == 200


def count_final(samples: list[Sample]) -> float:
    """Orders that are in a final state, by the workers' last word. (One that was asked in vain has no say.)"""
    return sum(
        max(
            (sample["metrics"][service].get(state, 0.0) for sample in samples[-4:] if service in sample["metrics"]),
            default=0,
        )
        for service in {name for sample in samples[-4:] for name in sample["metrics"] if name.startswith("worker-")}
        for state in _FINAL
    )


def queued(sample: Sample) -> float:
    """Orders in the broker's queue: every replica asks for all."""
    return max((metrics.get("queue_depth_orders", 0.0) for metrics in sample["metrics"].values()), default=0.0)
