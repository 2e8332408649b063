"""The plan of a run: the phases, the load, the drills and how long each takes."""

from dataclasses import dataclass

USERS_PER_SECOND = 300  # of whom 120 buy: more than eight connections, each held for 80 ms and more, can serve
RUSH_BUYERS = 200
LATENCY_MS, JITTER_MS = 80, 20  # of the payment sandbox (docs/architecture.md), unless the environment says otherwise
SANDBOX = {"TICKETD_SANDBOX_LATENCY_MS": str(LATENCY_MS), "TICKETD_SANDBOX_JITTER_MS": str(JITTER_MS)}
SPACE_LEFT_MB = 100  # on the disk; with less, a run is given up
SETTLE_LIMIT = 120  # seconds for the last accepted order to reach a final state


@dataclass(frozen=True)
class Phase:
    number: int
    name: str
    adds: str
    drill: str  # what happens in it, for people
    breaks: tuple[tuple[str, str], ...] = ()  # verb of scripts/lab, service; all of them are started again
    load: float = 1  # arrivals in the drill, in arrivals of the spike
    storm: float = 0  # people who only look, while the drill's fault lasts, in the same measure
    has_lull: bool = False  # before the drill nobody comes, until those who wait have been served


PHASES = (
    Phase(1, "monolith", "one api, PostgreSQL", "a storm of readers beside the purchases", storm=2),
    # With every connection busy with a purchase nobody could tell Redis's absence from the database's.
    Phase(
        2,
        "cache",
        "Redis",
        "Redis stopped and started, at half the load",
        (("stop", "redis"),),
        load=0.5,
        has_lull=True,
    ),
    Phase(3, "async", "RabbitMQ, a worker", "the worker stopped and started", (("stop", "worker-1"),)),
    Phase(4, "scale-out", "three api replicas", "an api replica killed and started", (("kill", "api-2"),)),
    Phase(
        5,
        "coalescing",
        "shared messages and transactions",
        "twice the load, a replica killed, Redis and the worker stopped, all started again",
        (("kill", "api-2"), ("stop", "redis"), ("stop", "worker-1")),
        load=2,
    ),
)


@dataclass(frozen=True)
class Pace:
    """How many seconds each stage takes. The spike's first ones are not measured: queues and pools fill up in them."""

    warm_up: int
    spike: int
    settle_in: int
    lull: int
    drill: int
    rush: int


@dataclass(frozen=True)
class Timetable:
    """Seconds after the first request."""

    spike: float
    lull: float
    drill: float
    breaks: float
    repairs: float
    rush: float
    end: float


PACES = {
    "quick": Pace(warm_up=2, spike=8, settle_in=2, lull=4, drill=9, rush=3),
    # In the lull whoever waits is answered, by the api's own deadline of 15 s at the latest.
    "full": Pace(warm_up=10, spike=60, settle_in=5, lull=16, drill=40, rush=10),
}


def timetable(pace: Pace, phase: Phase) -> Timetable:
    lull = pace.warm_up + pace.spike
    drill = lull + (pace.lull if phase.has_lull else 0)
    rush = drill + pace.drill
    return Timetable(
        spike=pace.warm_up,
        lull=lull,
        drill=drill,
        breaks=drill + 1,
        repairs=drill + pace.drill * 0.4,
        rush=rush,
        end=rush + pace.rush,
    )
