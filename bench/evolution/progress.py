"""The line that a person watches while it runs; nothing where nobody does."""

import time

from harness.terminal_line import TerminalLine, clock

from .figures import queue_depth
from .phase_run import PhaseRun
from .plan import Pace, Phase, timetable

AROUND_A_PHASE = 15  # seconds for fresh data, starting, settling and the audit: measured on two cores


class Progress:
    def __init__(self, phases: list[Phase], pace: Pace) -> None:
        self._line = TerminalLine()
        self._began = time.monotonic()
        self._expected = {phase.number: timetable(pace, phase).end + AROUND_A_PHASE for phase in phases}
        self._phase_began: dict[int, float] = {}
        self._shown_at = 0.0
        self._stage = ""

    def show(self, run: PhaseRun) -> None:
        now = time.monotonic()
        number = run.phase.number
        self._phase_began.setdefault(number, now)
        if not self._line.is_watched or (now - self._shown_at < 0.2 and run.stage == self._stage):
            return
        self._shown_at, self._stage = now, run.stage
        left = max(0.0, self._expected[number] - (now - self._phase_began[number]))
        left += sum(seconds for each, seconds in self._expected.items() if each not in self._phase_began)
        self._line.write(
            f"phase {number} {run.phase.name} · {_doing(run)} · {clock(now - self._began)}, "
            f"about {clock(left)} to go{_rates(run)}"
        )

    def say(self, text: str) -> None:
        self._line.write(text)

    def clear(self) -> None:
        self._line.clear()


def _doing(run: PhaseRun) -> str:
    return f"drill: {run.phase.drill}" if run.stage == "drill" else run.stage


def _rates(run: PhaseRun) -> str:
    if not run.load or not run.load.seconds:
        return ""
    # The last second is still filling up.
    kinds = run.load.seconds.get(int(time.time()) - 1, {})
    reads, purchases = (sum(map(len, kinds.get(kind, {}).values())) for kind in ("read", "purchase"))
    queued = queue_depth(run.sampler.samples[-1]) if run.sampler and run.sampler.samples else 0
    return f" · {reads} reads/s, {purchases} purchases/s, {queued:,.0f} in the queue"
