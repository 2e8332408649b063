"""Reads the Prometheus text format, as far as ticketd writes it."""

import http.client
import re

_NAME = re.compile(r"\w*")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_SPREADS = {
    "ticketd_orders_total",
    "ticketd_http_requests_total",
    "ticketd_cache_reads_total",
    "ticketd_charges_total",
    "ticketd_publishes_total",
    "ticketd_database_statements_total",
}
_PLAIN = {
    "ticketd_database_connections_busy",
    "ticketd_queue_depth_orders",
    "ticketd_database_pool_wait_duration_seconds_sum",
    "ticketd_database_pool_wait_duration_seconds_count",
    "ticketd_settle_batch_orders_sum",
    "ticketd_settle_batch_orders_count",
    "ticketd_publish_batch_orders_sum",
    "ticketd_publish_batch_orders_count",
    "ticketd_settle_duration_seconds_sum",
}


def read(text: str) -> dict[str, float]:
    """What is looked at here, under short names: `orders:confirmed`, `cache_reads:l1`, `database_connections_busy`."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        name = _NAME.match(line)[0]  # most lines are a histogram's, and of no use here: no more is read of them
        if name not in _PLAIN and name not in _SPREADS:
            continue
        labels, _, value = line[len(name) :].rpartition(" ")
        if name in _PLAIN:
            # As recordings of before 0.2 have them, when those metrics had no "duration" in their names.
            short = name.removeprefix("ticketd_").replace("_duration_seconds", "_seconds")
            found[short] = float(value)
        else:
            labelled = dict(_LABEL.findall(labels))
            # Of the labels of orders and requests, the status; the reason is for the audit to tell.
            label = labelled.get("status") or next(iter(labelled.values()))
            key = f"{name.removeprefix('ticketd_').removesuffix('_total')}:{label}"
            found[key] = found.get(key, 0) + float(value)
    return found


def fetch(port: int) -> dict[str, float] | None:
    """None: it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=0.8)
    try:
        connection.request("GET", "/metrics")
        return read(connection.getresponse().read().decode())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
