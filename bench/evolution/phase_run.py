"""One phase: fresh data, the load with its drill, until every accepted order is settled, and the audit."""

import json
import threading
import time
from collections.abc import Callable

from harness import interruption
from harness.laboratory import Failure, Laboratory, number_of
from harness.sampler import Sampler

from .load import Load
from .plan import RUSH_BUYERS, SETTLE_LIMIT, SPACE_LEFT_MB, Pace, Phase, timetable
from .rush import Rush

Recording = dict[str, object]


class PhaseRun:
    """Runs a phase; `recording` grows as it goes, so that what was measured outlives an interruption."""

    def __init__(
        self, lab: Laboratory, phase: Phase, pace: Pace, users: int, k6: list[str], watch: Callable[["PhaseRun"], None]
    ) -> None:
        self.lab, self.phase, self.pace, self.users, self.k6, self.watch = lab, phase, pace, users, k6, watch
        self.times = timetable(pace, phase)
        self.stage = "starting"
        self.event = f"evolution-{phase.number}"
        self.load: Load | None = None
        self.rush: Rush | None = None
        self.sampler: Sampler | None = None
        self.marks: dict[str, float] = {}
        self._faults: list[threading.Thread] = []
        self._fault_failure: Failure | None = None
        self._audit: dict[str, object] | None = None
        self.failure: str | None = None
        self._services: list[str] = []
        self._accepted = 0

    def run(self) -> None:
        self._prepare()
        try:
            self._put_under_load()
            self._await_settled()
        finally:
            with interruption.held():
                self._end()
        self._check()

    def recording(self) -> Recording:
        return {
            "phase": self.phase.number,
            "users": self.users,
            "services": self._services,
            "marks": self.marks,
            "settle_in": self.pace.settle_in,
            "pool_size": number_of("TICKETD_DATABASE_CONNECTIONS", 8),
            "accepted": self._accepted,
            "audit": self._audit,
            "failure": self.failure,
            "seconds": self.load.seconds if self.load else {},
            "samples": self.sampler.samples if self.sampler else [],
        }

    def _prepare(self) -> None:
        self._look()
        if self.lab.services():
            self.lab.forget_data()
        self.lab.up(self.phase.number)
        self._services = self.lab.services()
        self.lab.create_event(self.event)
        self.rush = Rush(self.lab.directory / "spike", self.lab.url, self.event, RUSH_BUYERS, self.pace.rush)

    def _put_under_load(self) -> None:
        with interruption.held():  # a k6 that nobody knows of would never be ended
            self.load = Load(self.k6, self.lab.directory / "spike", self._variables())
        self.sampler = Sampler(self.lab.directories(), self.lab.ops_ports(), self.load.pid)
        self.sampler.start()
        self._await_first_request()
        began = time.time()
        self.marks = {
            "began": began,
            "spike": began + self.times.spike,
            "spike_ends": began + self.times.lull,
            "drill": began + self.times.drill,
            "rush": began + self.times.rush,
            "load_ends": began + self.times.end,
        }
        self._follow_plan(began)

    def _variables(self) -> dict[str, str]:
        times, pace, phase, users = self.times, self.pace, self.phase, self.users
        arrivals = [[pace.warm_up, users // 3], [pace.spike, users]]
        if phase.has_lull:
            arrivals.append([pace.lull, 0])
        arrivals.append([pace.drill, round(users * phase.load)])
        variables = {
            "BASE_URL": self.lab.url,
            "EVENT_ID": self.event,
            "ARRIVALS": json.dumps(arrivals),
        }
        if phase.storm:
            variables["STORM"] = json.dumps([times.breaks, times.repairs - times.breaks, round(users * phase.storm)])
        return variables

    def _await_first_request(self) -> None:
        self.stage = "warm-up"
        limit = time.monotonic() + 60
        while not self.load.seconds:
            if self.load.has_ended() or time.monotonic() > limit:
                self.load.finish(0)
                raise Failure("k6 ended without a request")
            time.sleep(0.05)
            self._look()

    def _follow_plan(self, began: float) -> None:
        times = self.times
        for after, stage, act in (
            (times.spike, "spike", None),
            (times.lull, "lull", None),
            (times.drill, "drill", None),
            (times.breaks, "drill", self._break),
            (times.repairs, "drill", self._repair),
            (times.rush, "rush", self._rush),
        ):
            self._watch_until(began + after)
            self.stage = stage
            if act:
                act()
        self._watch_until(began + times.end)

    def _watch_until(self, when: float) -> None:
        while time.time() < when:
            if self.load.has_ended() and not self._is_about_to_end():
                self.load.finish(0)
                raise Failure("k6 ended before the time was over")
            if self._fault_failure:
                raise self._fault_failure
            time.sleep(min(0.2, max(0.0, when - time.time())))
            self._look()

    def _is_about_to_end(self) -> bool:
        """Its people are gone when the rush begins, and its clock began a little before its first request was seen here."""
        return time.time() > self.marks["rush"] - 3

    def _look(self) -> None:
        """What is done while something is waited for."""
        self.watch(self)
        # Without this a full disk would look like orders that are never settled.
        if self.lab.free_megabytes() < SPACE_LEFT_MB:
            raise Failure(f"the disk is full: less than {SPACE_LEFT_MB} MB are free where the lab is")

    def _rush(self) -> None:
        with interruption.held():  # as with k6
            self.rush.start()
        self.sampler.watch(self.rush.pid)

    def _break(self) -> None:
        self.marks["fault_begins"] = time.time()
        self._do_in_background(list(self.phase.breaks))

    def _repair(self) -> None:
        self._do_in_background([("start", service) for _, service in self.phase.breaks], and_then="fault_ends")

    def _do_in_background(self, steps: list[tuple[str, str]], and_then: str | None = None) -> None:
        """The load and the progress line go on meanwhile. What was begun before is finished first."""
        before = self._faults[-1] if self._faults else None

        def act() -> None:
            if before:
                before.join()
            try:
                for verb, service in steps:
                    self.lab.run(verb, service)
                if and_then:
                    self.marks[and_then] = time.time()
            except Failure as failure:
                self._fault_failure = failure

        self._faults.append(threading.Thread(target=act))
        self._faults[-1].start()

    def _await_settled(self) -> None:
        self.stage = "settling"
        limit = time.monotonic() + SETTLE_LIMIT
        while not self.load.has_ended():
            if time.monotonic() > limit:
                break
            time.sleep(0.2)
            self._look()
        self.load.finish(1)
        self.rush.finish(self.load.seconds)
        self._accepted = len(self._ledger())
        while True:
            known, final = self.lab.count_orders(self.event)
            if known >= self._accepted and final == known:
                break
            if time.monotonic() > limit:
                break  # the audit names the orders
            time.sleep(0.25)
            self._look()
        self.marks["settled"] = time.time()

    def _end(self) -> None:
        for fault in self._faults:
            fault.join()
        if self.load:
            self.load.kill()
        if self.rush:
            self.rush.kill()
        if self.sampler:
            time.sleep(1)  # one more sample, so that the end is seen
            self.sampler.stop()

    def _check(self) -> None:
        if self._fault_failure:
            raise self._fault_failure
        self.stage = "audit"
        self._look()
        ledger = self.lab.directory / "spike" / "ledger.txt"
        ledger.write_text("".join(f"{order}\n" for order in self._ledger()))
        passed, lines = self.lab.audit(ledger)
        self._audit = {"passed": passed, "lines": lines}

    def _ledger(self) -> list[str]:
        return self.load.accepted_orders() + self.rush.accepted_orders()
