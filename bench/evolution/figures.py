"""From what was recorded to figures. Pure arithmetic: no clock, no files, so that it is tested on recorded samples.

A window is a pair of Unix times. Counters are summed step by step, because one that falls belongs to a process that was
started again: what it shows is then what it has counted since.
"""

import itertools
import math
from collections.abc import Callable, Iterable

Window = tuple[float, float]
TICKETS_GIVEN = ("201", "202")
REFUSALS = ("402", "409")  # right answers of a sale, and no tickets
FINAL_STATES = ("confirmed", "rejected", "payment_failed", "expired")


def percentile(values: list[float], share: float) -> float | None:
    """The least value that so large a share of all does not exceed (nearest rank); None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return sum(known) / len(known) if known else None


def quotient(value: float | None, by: float | None) -> float | None:
    return value / by if value is not None and by else None


def spike_window(recording: dict) -> Window:
    """What is compared between phases: the same load in each, nothing broken, and the first seconds left out."""
    marks = recording["marks"]
    return marks["spike"] + recording["settle_in"], marks["spike_ends"]


def fault_window(recording: dict) -> Window:
    """From the breaking until two seconds after the repair: what was under way then may still go wrong. In whole seconds,
    for that of the breaking is where errors are most likely."""
    marks = recording["marks"]
    return math.floor(marks["fault_begins"]), math.ceil(marks["fault_ends"]) + 2


def rush_window(recording: dict) -> Window:
    return recording["marks"]["rush"], recording["marks"]["load_ends"]


def drain_window(recording: dict) -> Window:
    """Nobody comes any more, and what was accepted is settled."""
    return recording["marks"]["load_ends"], recording["marks"]["settled"]


def sellout_window(recording: dict) -> Window:
    """The rush, and until the last of its orders is settled: a queue that is still full is no success."""
    return recording["marks"]["rush"], recording["marks"]["settled"]


def error_windows(recording: dict) -> dict[str, Window]:
    """All that comes after the warm-up, in whole seconds and without a gap; a lull belongs to the drill."""
    marks = recording["marks"]
    edges = [math.floor(marks[name]) for name in ("spike", "spike_ends", "rush")] + [math.ceil(marks["settled"]) + 1]
    return dict(zip(("spike", "drill", "rush"), itertools.pairwise(edges), strict=True))


# Requests. A request belongs to the second in which it ended.


def requests_in(recording: dict, window: Window, kind: str) -> dict[str, list[float]]:
    """status -> durations in milliseconds"""
    found: dict[str, list[float]] = {}
    for second, kinds in recording["seconds"].items():
        if window[0] <= int(second) < math.floor(window[1]):
            for status, durations in kinds.get(kind, {}).items():
                found.setdefault(status, []).extend(tenth / 10 for tenth in durations)
    return found


def dropped_in(recording: dict, window: Window) -> int:
    """People who could not come: k6 had nobody free to play them."""
    return sum(
        kinds.get("dropped", 0)
        for second, kinds in recording["seconds"].items()
        if window[0] <= int(second) < math.floor(window[1])
    )


def whole_seconds(recording: dict, window: Window) -> int:
    return max(0, math.floor(window[1]) - math.ceil(window[0]))


def is_error(kind: str, status: str) -> bool:
    return status not in (("200",) if kind == "read" else TICKETS_GIVEN + REFUSALS)


def errors_in(recording: dict, window: Window) -> dict[str, int]:
    """What went wrong -> how often: `read 503`, `purchase no answer`."""
    found: dict[str, int] = {}
    for kind in ("read", "purchase"):
        for status, durations in requests_in(recording, window, kind).items():
            if is_error(kind, status):
                name = f"{kind} {'no answer' if status == '0' else status}"
                found[name] = found.get(name, 0) + len(durations)
    return found


def error_share(recording: dict, window: Window) -> float | None:
    every = sum(
        len(durations) for kind in ("read", "purchase") for durations in requests_in(recording, window, kind).values()
    )
    return quotient(sum(errors_in(recording, window).values()), every)


def latency(requests: dict[str, list[float]]) -> dict[str, float | None]:
    """Of every request, failed ones too: whoever waits for a refusal waits as well."""
    every = [duration for durations in requests.values() for duration in durations]
    return {"p50": percentile(every, 0.5), "p95": percentile(every, 0.95), "p99": percentile(every, 0.99)}


# Samples.


def with_memory(samples: Iterable[dict]) -> Iterable[dict]:
    """Each sample with what every service last showed until then: one that missed a scrape has not begun again."""
    seen: dict[str, dict] = {"services": {}, "metrics": {}}
    for sample in samples:
        seen = {what: shown | sample[what] for what, shown in seen.items()}
        yield sample | {"seen": seen}


def samples_in(recording: dict, window: Window) -> list[dict]:
    return [sample for sample in with_memory(recording["samples"]) if window[0] <= sample["at"] <= window[1]]


def increase(before: float | None, after: float | None) -> float:
    if after is None:
        return 0.0
    return after - before if before is not None and after >= before else after


def rise(samples: list[dict], counter: Callable[[dict], dict[str, float]]) -> float:
    """By how much a counter grew, over all services that have it. One that is away keeps what it last showed, before the
    first sample too."""
    last: dict[str, float] = dict(counter(samples[0] | samples[0].get("seen", {}))) if samples else {}
    total = 0.0
    for sample in samples[1:]:
        for service, value in counter(sample).items():
            total += increase(last.get(service), value)
            last[service] = value
    return total


def metric(*names: str) -> Callable[[dict], dict[str, float]]:
    """The sum of these metrics, by service."""
    return lambda sample: {
        service: sum(metrics.get(name, 0.0) for name in names) for service, metrics in sample["metrics"].items()
    }


def cpu(*services: str) -> Callable[[dict], dict[str, float]]:
    return lambda sample: {
        service: usage["cpu"] for service, usage in sample["services"].items() if not services or service in services
    }


FINAL = metric(*(f"orders:{state}" for state in FINAL_STATES))


def elapsed(samples: list[dict]) -> float | None:
    return samples[-1]["at"] - samples[0]["at"] if len(samples) > 1 else None


def rate(samples: list[dict], counter: Callable[[dict], dict[str, float]]) -> float | None:
    return quotient(rise(samples, counter), elapsed(samples))


def machine_rise(samples: list[dict], what: str) -> float:
    return samples[-1]["machine"][what] - samples[0]["machine"][what] if samples else 0.0


def machine_shares(samples: list[dict]) -> dict[str, float]:
    """Each part's share of the machine's whole CPU: services, `load generator`, `other`, `stolen`, `idle`."""
    whole = machine_rise(samples, "all")
    if not whole:
        return {}
    names = sorted({service for sample in samples for service in sample["services"]})
    shares = {name: rise(samples, cpu(name)) / whole for name in names}
    shares["load generator"] = rise(samples, lambda sample: {"k6": sample["load_cpu"]}) / whole
    busy = machine_rise(samples, "busy") / whole
    shares["other"] = max(0.0, busy - sum(shares.values()))
    shares["stolen"] = machine_rise(samples, "stolen") / whole
    shares["idle"] = max(0.0, 1 - busy - shares["stolen"])
    return shares


def cpu_microseconds_an_order(samples: list[dict]) -> float | None:
    """CPU of all services of the lab (the load generator is none of them) by orders that reached a final state."""
    return quotient(rise(samples, cpu()) * 1e6, rise(samples, FINAL))


def pool_use(samples: list[dict], pool_size: int, role: str) -> float | None:
    """Connections on loan as a share of all that the role's processes may open."""
    shares = []
    for sample in samples:
        pools = [
            metrics.get("database_connections_busy", 0.0)
            for service, metrics in sample["metrics"].items()
            if service.startswith(role)
        ]
        if pools:
            shares.append(sum(pools) / (pool_size * len(pools)))
    return mean(shares)


def pool_wait_ms(samples: list[dict]) -> float | None:
    waits = rise(samples, metric("database_pool_wait_seconds_count"))
    return quotient(rise(samples, metric("database_pool_wait_seconds_sum")) * 1000, waits)


def mean_size(samples: list[dict], batches: str) -> float | None:
    return quotient(rise(samples, metric(f"{batches}_sum")), rise(samples, metric(f"{batches}_count")))


def queue_depth(sample: dict) -> float:
    """Each client of the broker asks it about once a second; the largest answer is taken."""
    return max((metrics.get("queue_depth_orders", 0.0) for metrics in sample["metrics"].values()), default=0.0)


def highest_queue(recording: dict, window: Window) -> float:
    return max(map(queue_depth, samples_in(recording, window)), default=0.0)


def queue_waits(samples: list[dict]) -> float | None:
    """In how large a share of the samples orders stood in the queue."""
    return mean(queue_depth(sample) > 0 for sample in samples)


def cache_layers(samples: list[dict]) -> dict[str, float]:
    layers = {layer: rise(samples, metric(f"cache_reads:{layer}")) for layer in ("l1", "redis", "database", "stale")}
    whole = sum(layers.values())
    return {layer: count / whole for layer, count in layers.items()} if whole else {}


def event_lookups(samples: list[dict]) -> float | None:
    """Statements a second that ask PostgreSQL for an event and its stock: by reads and by purchases, which look at the
    event first, by whichever role, for whatever layer."""
    return rate(samples, metric("database_statements:find_event", "database_statements:list_events"))


# A phase, and all of them.


def stretch(recording: dict, window: Window) -> dict:
    """The figures of one window."""
    samples = samples_in(recording, window)
    reads, purchases = (requests_in(recording, window, kind) for kind in ("read", "purchase"))
    seconds = whole_seconds(recording, window)
    accepted = sum(len(purchases.get(status, [])) for status in TICKETS_GIVEN)
    return {
        "seconds": seconds,
        "reads_per_s": quotient(sum(map(len, reads.values())), seconds),
        "accepted_per_s": quotient(accepted, seconds),
        "settled_per_s": rate(samples, FINAL),
        "errors": errors_in(recording, window),
        "requests": sum(map(len, reads.values())) + sum(map(len, purchases.values())),
        "read_ms": latency(reads),
        "purchase_ms": latency(purchases),
        "ticket_ms": latency({status: purchases.get(status, []) for status in TICKETS_GIVEN}),
        "cpu_us_an_order": cpu_microseconds_an_order(samples),
        "shares": machine_shares(samples),
        "pool_use": {role: pool_use(samples, recording["pool_size"], role) for role in ("api", "worker")},
        "pool_wait_ms": pool_wait_ms(samples),
        "lookups_per_s": event_lookups(samples),
        "cache": cache_layers(samples),
        "orders_a_message": mean_size(samples, "publish_batch_orders"),
        "orders_a_transaction": mean_size(samples, "settle_batch_orders"),
        "charges_per_s": rate(samples, metric("charges:succeeded", "charges:declined", "charges:unknown")),
        "queue_waits": queue_waits(samples),
        "settler_use": rate(samples, metric("settle_seconds_sum")),
    }


def seen_gone(recording: dict) -> list[str]:
    """Services of which there was no process at some moment of the drill."""
    samples = samples_in(recording, fault_window(recording))
    return [
        service for service in recording["services"] if any(service not in sample["services"] for sample in samples)
    ]


def is_complete(recording: dict) -> bool:
    return recording.get("audit") is not None and "fault_ends" in recording["marks"]


def of_phase(recording: dict) -> dict:
    marks = recording["marks"]
    return {
        "phase": recording["phase"],
        "spike": stretch(recording, spike_window(recording)),
        "fault": stretch(recording, fault_window(recording)),
        "rush": stretch(recording, rush_window(recording)),
        "drain": stretch(recording, drain_window(recording)),
        "sellout": stretch(recording, sellout_window(recording)),
        "seen_gone": seen_gone(recording),
        "error_share": {name: error_share(recording, window) for name, window in error_windows(recording).items()},
        "accepted": recording["accepted"],
        "is_late": marks["fault_ends"] + 2 > marks["rush"],
        "dropped": dropped_in(recording, (0, marks["settled"] + 1)),
        "backlog_peak": highest_queue(recording, (marks["began"], marks["settled"])),
        "drill_peak": highest_queue(recording, (marks["drill"], marks["rush"])),
        "backlog_last": queue_depth(recording["samples"][-1]) if recording["samples"] else 0.0,
        "audit": recording["audit"],
    }


def ratios(phases: list[dict], value: Callable[[dict], float | None]) -> list[tuple[float | None, float | None]]:
    """For each phase: its value by that of the phase before, and by that of the first."""
    values = [value(phase) for phase in phases]
    return [
        (quotient(now, values[at - 1]) if at else None, quotient(now, values[0]) if at else None)
        for at, now in enumerate(values)
    ]
