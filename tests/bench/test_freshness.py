"""How old what a buyer reads is."""

import http.server
import threading
import time
import unittest

from harness import freshness
from harness.freshness import Sample


class Ages(unittest.TestCase):
    def test_of_a_reading(self):
        at = 1795942405.5
        self.assertAlmostEqual(freshness.age_ms("2026-11-29T08:53:25.250000Z", at), 250, places=2)
        self.assertAlmostEqual(freshness.age_ms("2026-11-29T08:53:25Z", at), 500, places=2)
        self.assertAlmostEqual(freshness.age_ms("2026-11-29T11:53:25.5+03:00", at), 0, places=2)

    def test_staleness(self):
        samples = [Sample(10, 30), Sample(130, 140), Sample(120, 200), Sample(40, 50)]
        found = freshness.staleness(samples, 125)
        self.assertEqual(found, freshness.Staleness(samples=4, p50_ms=50, most_ms=200, beyond=1))

    def test_of_nothing(self):
        self.assertIsNone(freshness.staleness([], 125))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers = ()

    def do_GET(self):
        status, cache_status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        body = b'{"as_of":"2026-11-29T08:53:25.250000Z"}'
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Status", cache_status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Watching(unittest.TestCase):
    def watch(self, url):
        watch = freshness.Watch(url, "event").start()
        limit = time.monotonic() + 10
        while sum(watch.statuses.values()) < 4 and time.monotonic() < limit:
            time.sleep(0.01)
        watch.stop()
        return watch

    def test_counts_what_it_reads(self):
        Handler.answers = [
            (503, ""),
            (200, "ticketd; hit; ttl=-12; detail=database-down"),
            (200, "ticketd; hit"),
        ]
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            watch = self.watch(f"http://127.0.0.1:{server.server_port}")
            server.shutdown()
        self.assertEqual(watch.statuses[503], 1)
        self.assertEqual(watch.statuses[200], len(watch.samples))
        self.assertGreaterEqual(len(watch.samples), 3)
        self.assertEqual(watch.marked_stale, 1)
        self.assertTrue(all(sample.when_asked <= sample.when_answered for sample in watch.samples))

    def test_nobody_is_there(self):
        watch = self.watch("http://127.0.0.1:1")
        self.assertEqual(list(watch.statuses), [0])
        self.assertEqual(watch.samples, [])


if __name__ == "__main__":
    unittest.main()
