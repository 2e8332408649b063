"""A small on-sale on the real servers, one that is interrupted, and buyers who have to press the button again."""

import collections
import http.server
import json
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness.laboratory import ROOT
from lab_run import LabRun
from minute.crowd import Crowd, Shop

TICKETS = 300


class Runs(LabRun):
    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return self.begin("minute", "--tickets", str(TICKETS), *arguments)

    def test_every_buyer_has_an_end_and_a_picture_shows_it(self):
        pictures = self.lab.parent / "pictures"
        run = self.start("--paid", "--seconds", "3", "--report", str(pictures))
        output, errors = self.end(run)
        self.assertEqual(run.returncode, 0, output + errors)
        for words in ("300 tickets, 330 buyers", "300 paid", "30 refused", "audit clean"):
            self.assertIn(words, output)
        figures = json.loads((pictures / "minute.json").read_text())["figures"]
        self.assertEqual(figures["paid"] + figures["refused"], 330)
        self.assertGreater(figures["watched"], 90)
        for theme in ("light", "dark"):
            self.assertEqual((pictures / f"minute-{theme}.png").read_bytes()[:4], b"\x89PNG")
            self.assertIn("<svg", (pictures / f"minute-{theme}.svg").read_text())
        self.check_clean("minute")

    def test_an_interrupted_one_leaves_nothing_behind(self):
        run = self.start("--seconds", "60")
        began = self.lab / "minute/load/readers.results"
        limit = time.monotonic() + self.limit
        while run.poll() is None and time.monotonic() < limit and not began.exists():
            time.sleep(0.1)
        for _ in range(2):
            run.send_signal(signal.SIGINT)
            time.sleep(0.1)  # between the two, not a wait for the run
        _output, errors = self.end(run)
        self.assertEqual(run.returncode, 130, errors)
        self.assertIn("interrupted", errors)
        self.check_clean("minute")


PRESSES: collections.Counter[str] = collections.Counter()
LOCK = threading.Lock()


class BusyShop(http.server.BaseHTTPRequestHandler):
    """Has no answer for anybody's first press of the button, and tickets for half of them."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers["Idempotency-Key"]
        with LOCK:
            PRESSES[key] += 1
        if PRESSES[key] == 1:
            self.answer(503, {"type": "urn:ticketd:problem:unavailable"})
        elif int(key.rpartition("-")[2]) % 2:
            self.answer(409, {"type": "urn:ticketd:problem:sold-out"})
        else:
            self.answer(202, {"id": f"order-{key}", "status": "queued"})

    def answer(self, status: int, document: dict) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Repeats(unittest.TestCase):
    def test_who_has_no_answer_repeats_under_the_same_key(self):
        subprocess.run([ROOT / "scripts/install-packages", "load"], check=True, stdin=subprocess.DEVNULL)
        greeted = []
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), BusyShop) as shop, tempfile.TemporaryDirectory() as load:
            threading.Thread(target=shop.serve_forever, daemon=True).start()
            crowd = Crowd(
                Shop(f"http://127.0.0.1:{shop.server_port}", "event"),
                [7, 3],
                pathlib.Path(load),
                lambda order, *_: greeted.append(order),
            )
            crowd.open(time.time())
            limit = time.monotonic() + 30
            while not crowd.is_over and time.monotonic() < limit:
                time.sleep(0.05)
            crowd.stop()
            shop.shutdown()
        self.assertEqual(PRESSES, {f"event-{buyer}": 2 for buyer in range(10)})
        self.assertEqual(crowd.without_end, 0)
        self.assertEqual(crowd.repeats, 10)
        orders = [end.order for end in crowd.ends if end.order]
        self.assertEqual(sorted(orders), [f"order-event-{buyer}" for buyer in range(0, 10, 2)])
        self.assertEqual(sorted(greeted), sorted(orders))
        for end in crowd.ends:
            self.assertGreaterEqual(end.answered - end.arrived, 1)  # by the first press, and the Retry-After is kept


if __name__ == "__main__":
    unittest.main()
