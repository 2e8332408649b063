"""What ticketd, /proc and k6 say, as it is read."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from evolution import load
from harness import exposition, processes, settings

METRICS = """\
# HELP ticketd_orders_total Orders by the state that they reached, and why.
# TYPE ticketd_orders_total counter
ticketd_orders_total{reason="",status="confirmed"} 12
ticketd_orders_total{reason="sold_out",status="rejected"} 2
ticketd_orders_total{reason="limit_exceeded",status="rejected"} 3
ticketd_cache_reads_total{layer="l1"} 1e+03
ticketd_database_connections_busy 8
ticketd_database_statements_total{statement="find_event"} 77
ticketd_http_requests_total{route="/a",status="409"} 3
ticketd_http_requests_total{route="/b",status="409"} 4
ticketd_http_request_duration_seconds_bucket{route="GET /a",le="0.005"} 2
ticketd_settle_batch_orders_sum 40
ticketd_settle_duration_seconds_sum 1.5
ticketd_settle_seconds_sum 1.5
"""


class Exposition(unittest.TestCase):
    def test_reads_what_the_report_needs(self):
        self.assertEqual(
            exposition.read(METRICS),
            {
                "orders:confirmed": 12,
                "orders:rejected": 5,
                "cache_reads:l1": 1000,
                "database_connections_busy": 8,
                "database_statements:find_event": 77,
                "http_requests:409": 7,
                "settle_batch_orders_sum": 40,
                "settle_seconds_sum": 1.5,
            },
        )


class Settings(unittest.TestCase):
    def test_no_secret_gets_into_a_report(self):
        self.assertEqual(
            settings.changed(
                {
                    "PATH": "/bin",
                    "TICKETD_LAB_DIR": "/lab",
                    "TICKETD_TEST_DATABASE_URL": "postgresql://ticketd:secret@db",
                    "TICKETD_PAYMENTS_KEY": "sk_live_secret",
                    "TICKETD_SANDBOX_LATENCY_MS": "200",
                    "TICKETD_SECRET": "secret",
                    "TICKETD_ADMIN_TOKEN": "a-secret-token",
                    "TICKETD_MISSPELT": "secret",
                    "TICKETD_CACHE": "off",
                }
            ),
            ["TICKETD_CACHE=off", "TICKETD_MISSPELT", "TICKETD_PAYMENTS_KEY", "TICKETD_SANDBOX_LATENCY_MS=200"],
        )


class Processes(unittest.TestCase):
    def test_a_service_is_what_works_in_its_directory(self):
        here = pathlib.Path.cwd()
        with tempfile.TemporaryDirectory() as directory:
            lab = os.path.realpath(directory)
            os.makedirs(f"{lab}/db/data")
            os.chdir(f"{lab}/db/data")
            try:
                found = processes.usage_of_services({"db": f"{lab}/db", "redis": f"{lab}/redis"})
            finally:
                os.chdir(here)
        self.assertEqual(list(found), ["db"])
        self.assertGreater(found["db"]["rss"], 1_000_000)
        self.assertGreater(found["db"]["cpu"], 0)

    def test_what_a_child_took_counts_when_it_has_ended(self):
        before = processes.cpu_seconds_of(os.getpid())
        subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"], check=True)
        self.assertGreater(processes.cpu_seconds_of(os.getpid()) - before, 0.25)


class Requests(unittest.TestCase):
    HEADER = "metric_name,timestamp,metric_value,check,error,error_code,name,status,extra_tags\n"

    def test_reads_along_while_lines_grow(self):
        seconds = {}
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "requests.csv")
            path.write_text(self.HEADER + "http_req_duration,100,12.34,,,,availability,200,\nhttp_req_dur")
            asked = 0

            def is_over():
                nonlocal asked
                asked += 1
                if asked == 2:
                    with path.open("a") as file:
                        file.write(
                            'ation,101,80,,"a, b",,purchase,0,\nhttp_req_waiting,101,79,,,,purchase,0,\n'
                            "http_req_duration,101,1,,,,http://elsewhere,200,\n"
                            "dropped_iterations,101,1,,,,,,\ndropped_iterations,101,2,,,,,,\n"
                        )
                return asked > 2

            load.follow(path, is_over, lambda row: load.count(row, seconds))
        self.assertEqual(seconds, {100: {"read": {"200": [123]}}, 101: {"purchase": {"0": [800]}, "dropped": 3}})

    def failure_of(self, script):
        with tempfile.TemporaryDirectory() as directory:
            k6 = load.Load(["sh", "-c", script], pathlib.Path(directory), {})
            with self.assertRaises(load.Failure) as failed:
                k6.finish(0 if "sleep" in script else 10)
            return str(failed.exception)

    def test_how_a_k6_failed_is_told(self):
        self.assertEqual(self.failure_of("kill -9 $$"), "k6 was killed by signal 9")
        self.assertIn("k6 made no request in", self.failure_of("exec sleep 60"))
        self.assertEqual(self.failure_of("echo no such script >&2; exit 3"), "k6 failed with status 3: no such script")

    def test_a_k6_that_never_wrote_is_the_end(self):
        load.follow(pathlib.Path("/no/such/file"), lambda: True, self.fail)


if __name__ == "__main__":
    unittest.main()
