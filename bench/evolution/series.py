"""What the charts draw: a value a second, by seconds since the first request. Pure."""

import itertools
import math

from .figures import FINAL, cpu, is_error, latency, metric, queue_depth, rise, with_memory

LAYERS = ("l1", "redis", "database", "stale")
_RESERVED = metric("orders:reserved")
_PAID_OR_GIVEN_UP = metric("orders:confirmed", "orders:payment_failed", "orders:expired")


def of_phase(recording: dict) -> dict:
    began = math.floor(recording["marks"]["began"])
    last = recording["samples"][-1]["at"] if recording["samples"] else began  # where it was cut off
    end = math.floor(recording["marks"].get("settled", last))
    requests = [
        _second(recording["seconds"].get(str(second), recording["seconds"].get(second, {})))
        for second in range(began, end + 1)
    ]
    samples = [sample for sample in with_memory(recording["samples"]) if began <= sample["at"] <= end + 2]
    return {
        "marks": {name: round(at - began, 1) for name, at in recording["marks"].items()},
        "requests": {name: [second[name] for second in requests] for name in (requests[0] if requests else ())},
        "samples": _steps(samples, began, recording["marks"].get("settled", math.inf)),
    }


def _second(kinds: dict) -> dict[str, float | None]:
    row: dict[str, float | None] = {"errors": 0}
    for kind in ("read", "purchase"):
        statuses = {status: [tenth / 10 for tenth in tenths] for status, tenths in kinds.get(kind, {}).items()}
        errors = sum(len(durations) for status, durations in statuses.items() if is_error(kind, status))
        every = latency(statuses)
        row["errors"] += errors
        row[f"{kind}s"] = sum(map(len, statuses.values())) - errors
        row |= {f"{kind}_{name}": value for name, value in every.items() if name != "p99"}
    return row


def _steps(samples: list[dict], began: float, settled: float) -> dict[str, list]:
    """A sample stands for the time since the one before it."""
    names = sorted({service for sample in samples for service in sample["services"]} - {"epmd"})
    rows = []
    # What a worker counted in the moment before it was killed, nobody has read: the sum is a few orders off from then on,
    # until all are known to be settled.
    unpaid = 0.0
    for before, now in itertools.pairwise(samples):
        took = now["at"] - before["at"]
        pair = [before, now]
        unpaid = 0.0 if now["at"] >= settled else unpaid + rise(pair, _RESERVED) - rise(pair, _PAID_OR_GIVEN_UP)
        rows.append(
            {
                "t": round(now["at"] - began, 2),
                "queue": round(queue_depth(now)),
                "unpaid": max(0, round(unpaid)),
                "accepted": round(rise(pair, metric("publishes:confirmed")) / took, 1),
                "settled": round(rise(pair, FINAL) / took, 1),
                "busy_api": _busy(now, "api"),
                "busy_worker": _busy(now, "worker"),
                **{layer: round(rise(pair, metric(f"cache_reads:{layer}")) / took, 1) for layer in LAYERS},
                **{f"cpu {name}": round(rise(pair, cpu(name)) / took, 3) for name in names},
                "cpu load generator": round(rise(pair, lambda sample: {"k6": sample["load_cpu"]}) / took, 3),
                **{f"memory {name}": _megabytes(now, name) for name in names},
            }
        )
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def _busy(sample: dict, role: str) -> float | None:
    pools = [
        metrics.get("database_connections_busy", 0)
        for service, metrics in sample["metrics"].items()
        if service.startswith(role)
    ]
    return sum(pools) if pools else None


def _megabytes(sample: dict, service: str) -> float | None:
    usage = sample["services"].get(service)
    return round(usage["rss"] / 1e6, 1) if usage else None
