"""The arithmetic of the report, on small recordings whose figures can be told at a glance."""

import unittest
from typing import ClassVar

from evolution import bottleneck, claims, figures, series


def sample(at, services=None, metrics=None, busy=0.0, whole=0.0, load=0.0):
    return {
        "at": at,
        "machine": {"busy": busy, "stolen": 0.0, "all": whole},
        "load_cpu": load,
        "services": {name: {"cpu": cpu, "rss": 0} for name, cpu in (services or {}).items()},
        "metrics": metrics or {},
    }


class Percentiles(unittest.TestCase):
    def test_nearest_rank(self):
        hundred = list(range(1, 101))
        self.assertEqual([figures.percentile(hundred, share) for share in (0.5, 0.95, 0.99, 1)], [50, 95, 99, 100])
        self.assertEqual(figures.percentile([7], 0.99), 7)
        self.assertIsNone(figures.percentile([], 0.5))


class Counters(unittest.TestCase):
    def test_a_counter_that_falls_began_again(self):
        samples = [
            sample(at, metrics={"worker-1": {"orders:confirmed": value}}) for at, value in enumerate((100, 130, 5, 25))
        ]
        self.assertEqual(figures.rise(samples, figures.FINAL), 30 + 5 + 20)

    def test_a_service_that_is_away_counts_from_where_it_was(self):
        samples = [
            sample(0, {"api-1": 1.0, "api-2": 4.0}),
            sample(1, {"api-1": 1.5}),
            sample(2, {"api-1": 2.0, "api-2": 0.5}),
        ]
        self.assertAlmostEqual(figures.rise(samples, figures.cpu()), 1.0 + 0.5)

    def test_a_service_that_comes_later_counts_in_full(self):
        samples = [sample(0, {"api-1": 1.0}), sample(1, {"api-1": 1.0, "api-2": 0.25})]
        self.assertAlmostEqual(figures.rise(samples, figures.cpu()), 0.25)

    def test_a_scrape_missed_at_the_beginning_of_a_window_is_no_restart(self):
        metrics = {"worker-1": {"orders:confirmed": 100}}
        later = {"worker-1": {"orders:confirmed": 130}}
        recording = {"samples": [sample(0, metrics=metrics), sample(1), sample(2, metrics=later)]}
        self.assertEqual(figures.rise(figures.samples_in(recording, (1, 2)), figures.FINAL), 30)

    def test_cpu_an_order_leaves_the_load_generator_out(self):
        samples = [
            sample(0, {"db": 1.0, "api-1": 1.0}, {"api-1": {"orders:confirmed": 10, "orders:rejected": 1}}, load=1.0),
            sample(2, {"db": 1.5, "api-1": 1.25}, {"api-1": {"orders:confirmed": 12, "orders:rejected": 2}}, load=9.0),
        ]
        self.assertAlmostEqual(figures.cpu_microseconds_an_order(samples), 750_000 / 3)

    def test_nothing_settled_is_no_figure(self):
        self.assertIsNone(figures.cpu_microseconds_an_order([sample(0, {"db": 1}), sample(1, {"db": 2})]))

    def test_shares_of_the_machine_add_up(self):
        shares = figures.machine_shares([sample(0), sample(10, {"db": 4.0}, busy=16.0, whole=20.0, load=6.0)])
        self.assertAlmostEqual(shares["db"], 0.2)
        self.assertAlmostEqual(shares["load generator"], 0.3)
        self.assertAlmostEqual(shares["other"], 0.3)
        self.assertAlmostEqual(shares["idle"], 0.2)
        self.assertAlmostEqual(sum(shares.values()), 1)


class Requests(unittest.TestCase):
    recording: ClassVar = {
        "seconds": {
            "100": {"read": {"200": [10, 20], "503": [5]}, "purchase": {"202": [100], "0": [600000]}},
            "101": {"read": {"200": [30]}, "purchase": {"409": [50], "201": [70], "500": [1]}},
            "102": {"read": {"200": [40]}},
        }
    }

    def test_a_window_takes_whole_seconds(self):
        self.assertEqual(figures.requests_in(self.recording, (99.5, 102.0), "read"), {"200": [1, 2, 3], "503": [0.5]})
        self.assertEqual(figures.whole_seconds(self.recording, (99.5, 102.0)), 2)

    def test_a_refusal_is_no_error_and_silence_is(self):
        self.assertEqual(
            figures.errors_in(self.recording, (100, 103)), {"read 503": 1, "purchase no answer": 1, "purchase 500": 1}
        )


def small_phase():
    """Everything grows evenly; a sample each two seconds; two apis with four connections each."""

    def at(seconds):
        api = {
            "database_connections_busy": 3,
            "database_pool_wait_seconds_sum": 0.05 * seconds,
            "database_pool_wait_seconds_count": seconds,
            "database_statements:find_event": 5 * seconds,
            "cache_reads:l1": 6 * seconds,
            "cache_reads:database": 2 * seconds,
            "publishes:confirmed": 20 * seconds,
            "publish_batch_orders_sum": 20 * seconds,
            "publish_batch_orders_count": 10 * seconds,
        }
        worker = {
            "database_connections_busy": 1,
            "orders:confirmed": 10 * seconds,
            "charges:succeeded": 8 * seconds,
            "settle_batch_orders_sum": 10 * seconds,
            "settle_batch_orders_count": 2 * seconds,
            "settle_seconds_sum": 0.5 * seconds,
            "queue_depth_orders": {14: 30, 26: 50}.get(seconds, 0),
        }
        return sample(
            100 + seconds,
            {"api-1": 0.1 * seconds, "api-2": 0.1 * seconds, "db": 0.2 * seconds},
            {"api-1": api, "api-2": api, "worker-1": worker | {"orders:reserved": 11 * seconds}},
            busy=seconds,
            whole=2 * seconds,
            load=0.4 * seconds,
        )

    second = {"read": {"200": [4]}, "purchase": {"202": list(range(10, 110, 10)), "503": [200]}}
    marks = {
        "began": 100,
        "spike": 100,
        "spike_ends": 112,
        "drill": 112,
        "fault_begins": 113.5,
        "fault_ends": 114.5,
        "rush": 120,
        "load_ends": 124,
        "settled": 128,
    }
    return {
        "phase": 3,
        "services": ["api-1", "api-2", "db", "worker-1"],
        "marks": marks,
        "settle_in": 2,
        "pool_size": 4,
        "accepted": 240,
        "audit": {"passed": True, "lines": []},
        "samples": [at(seconds) for seconds in range(0, 32, 2)],
        "seconds": {str(100 + each): second for each in range(24)} | {"103": second | {"dropped": 7}},
    }


class SmallPhase(unittest.TestCase):
    def assert_like(self, found, expected):
        for name, value in expected.items():
            if isinstance(value, dict):
                self.assertEqual(found[name].keys(), value.keys(), name)
                self.assert_like(found[name], value)
            else:
                self.assertAlmostEqual(found[name], value, msg=name)

    def test_every_figure_of_the_spike(self):
        spike = figures.of_phase(small_phase())["spike"]
        self.assert_like(
            spike,
            {
                "seconds": 10,
                "reads_per_s": 1,
                "accepted_per_s": 10,
                "settled_per_s": 10,
                "errors": {"purchase 503": 10},
                "requests": 120,
                "read_ms": {"p50": 0.4, "p95": 0.4, "p99": 0.4},
                "purchase_ms": {"p50": 6, "p95": 20, "p99": 20},
                "ticket_ms": {"p50": 5, "p95": 10, "p99": 10},
                "cpu_us_an_order": 40_000,
                "pool_use": {"api": 0.75, "worker": 0.25},
                "pool_wait_ms": 50,
                "lookups_per_s": 10,
                "orders_a_message": 2,
                "orders_a_transaction": 5,
                "charges_per_s": 8,
                "settler_use": 0.5,
                "queue_waits": 0,
                "shares": {
                    "api-1": 0.05,
                    "api-2": 0.05,
                    "db": 0.1,
                    "load generator": 0.2,
                    "other": 0.1,
                    "stolen": 0,
                    "idle": 0.5,
                },
                "cache": {"l1": 0.75, "redis": 0, "database": 0.25, "stale": 0},
            },
        )

    def test_every_figure_of_the_phase(self):
        phase = figures.of_phase(small_phase())
        self.assertEqual(
            {name: phase[name]["seconds"] for name in ("spike", "fault", "rush", "drain", "sellout")},
            {"spike": 10, "fault": 4, "rush": 4, "drain": 4, "sellout": 8},
        )
        self.assert_like(
            phase,
            {
                "accepted": 240,
                "dropped": 7,
                "backlog_peak": 50,
                "drill_peak": 30,
                "backlog_last": 0,
                "is_late": False,
                "error_share": dict.fromkeys(("spike", "drill", "rush"), 1 / 12),
            },
        )
        self.assertEqual(phase["fault"]["requests"], 48)
        self.assertAlmostEqual(phase["drain"]["queue_waits"], 1 / 3)
        self.assertEqual(phase["rush"]["accepted_per_s"], 10)
        self.assertEqual(phase["sellout"]["accepted_per_s"], 5)

    def test_every_value_of_a_chart(self):
        found = series.of_phase(small_phase())
        self.assertEqual(
            {name: values[0] for name, values in found["requests"].items()},
            {
                "errors": 1,
                "reads": 1,
                "read_p50": 0.4,
                "read_p95": 0.4,
                "purchases": 10,
                "purchase_p50": 6,
                "purchase_p95": 20,
            },
        )
        self.assertEqual(
            {name: values[6] for name, values in found["samples"].items()},
            {
                "t": 14,
                "queue": 30,
                "unpaid": 14,
                "accepted": 40,
                "settled": 10,
                "busy_api": 6,
                "busy_worker": 1,
                "l1": 12,
                "redis": 0,
                "database": 4,
                "stale": 0,
                "cpu api-1": 0.1,
                "cpu api-2": 0.1,
                "cpu db": 0.2,
                "cpu load generator": 0.4,
                "memory api-1": 0,
                "memory api-2": 0,
                "memory db": 0,
            },
        )
        self.assertEqual(len(found["samples"]["t"]), 15)


class Ratios(unittest.TestCase):
    def test_to_the_phase_before_and_to_the_first(self):
        phases = [{"x": 10}, {"x": 20}, {"x": None}, {"x": 5}]
        self.assertEqual(
            figures.ratios(phases, lambda phase: phase["x"]), [(None, None), (2, 2), (None, None), (None, 0.5)]
        )


def stretch(**changes):
    return {
        "seconds": 10,
        "pool_use": {"api": 0.1, "worker": None},
        "pool_wait_ms": 0.0,
        "settler_use": 0.0,
        "queue_waits": 0.0,
        "orders_a_transaction": None,
        "charges_per_s": 0.0,
        "shares": {"api-1": 0.1, "db": 0.2, "other": 0.0, "stolen": 0.0, "idle": 0.6},
    } | changes


class Bottleneck(unittest.TestCase):
    def judge(self, **changes):
        return bottleneck.judge(stretch(**changes), cores=2, charges_max=64, charge_ms=80)

    def test_nothing_was_used_up(self):
        self.assertEqual(self.judge().saturated, ())
        self.assertIn("Nothing was used up", self.judge().text)

    def test_connections(self):
        verdict = self.judge(pool_use={"api": 0.99, "worker": None}, pool_wait_ms=530.0)
        self.assertEqual([use.resource for use in verdict.saturated], ["the api's database connections"])
        self.assertIn("530 ms", verdict.text)

    def test_a_thread_has_one_core(self):
        verdict = self.judge(shares={"api-1": 0.48, "idle": 0.5})
        self.assertEqual([use.resource for use in verdict.saturated], ["api-1's thread"])

    def test_charges_by_littles_law(self):
        pools = {"api": 0.1, "worker": 0.1}
        self.assertEqual(self.judge(charges_per_s=600.0, pool_use=pools).saturated, ())
        verdict = self.judge(charges_per_s=690.0, pool_use=pools)
        self.assertEqual([use.resource for use in verdict.saturated], ["the charges that may be under way"])

    def test_the_settler(self):
        verdict = self.judge(settler_use=0.97, orders_a_transaction=1.0)
        self.assertTrue(verdict.saturated[0].resource.startswith("the settler"))
        self.assertEqual(self.judge(settler_use=0.8, orders_a_transaction=1.0, queue_waits=0.5).saturated, ())
        verdict = self.judge(settler_use=0.8, orders_a_transaction=1.0, queue_waits=0.9)
        self.assertTrue(verdict.saturated[0].resource.startswith("the settler"))

    def test_a_disturbed_machine_is_told(self):
        self.assertIn("no part of the lab", self.judge(shares={"other": 0.5, "db": 0.47, "idle": 0.03}).text)


class Claims(unittest.TestCase):
    def test_what_was_not_measured_is_open(self):
        self.assertEqual([claim.holds for claim in claims.check([])], [None] * 6)


if __name__ == "__main__":
    unittest.main()
