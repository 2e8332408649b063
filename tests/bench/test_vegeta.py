"""An open loop's latency, and what vegeta is given and writes."""

import base64
import itertools
import json
import unittest

from harness import vegeta
from harness.vegeta import Row

MS = 1_000_000  # nanoseconds
BEGAN = 1_795_942_400_000 * MS


def latencies(rows, rate):
    return [round(answer.latency_ms, 2) for answer in vegeta.from_intended_start(rows, rate)]


class Latency(unittest.TestCase):
    def test_of_a_generator_that_is_on_time(self):
        rows = [Row(number, BEGAN + number * 10 * MS, 3 * MS, 202) for number in range(4)]
        self.assertEqual(latencies(rows, 100), [3, 3, 3, 3])

    def test_counts_from_the_intended_start(self):
        # The second one left 25 ms late, the third one 15: what they waited for is part of their latency.
        sent = [0, 35, 35, 35, 40]
        rows = [Row(number, BEGAN + at * MS, 3 * MS, 202) for number, at in enumerate(sent)]
        self.assertEqual(latencies(rows, 100), [3, 28, 18, 8, 3])

    def test_a_late_first_one_is_late(self):
        rows = [Row(0, BEGAN + 8 * MS, MS, 202), Row(1, BEGAN + 10 * MS, MS, 202)]
        self.assertEqual(latencies(rows, 100), [9, 1])

    def test_rows_come_as_answers_do(self):
        rows = [Row(2, BEGAN + 20 * MS, 3 * MS, 409), Row(0, BEGAN, 50 * MS, 202), Row(1, BEGAN + 10 * MS, 4 * MS, 0)]
        answers = vegeta.from_intended_start(rows, 100)
        self.assertEqual([answer.status for answer in answers], [202, 0, 409])
        self.assertEqual(latencies(rows, 100), [50, 4, 3])
        self.assertAlmostEqual(answers[1].intended, BEGAN / 1e9 + 0.010, places=5)
        self.assertAlmostEqual(answers[1].ended, BEGAN / 1e9 + 0.014, places=5)

    def test_numbers_may_begin_anywhere(self):
        rows = [Row(7, BEGAN, MS, 202), Row(8, BEGAN + 12 * MS, MS, 202)]
        self.assertEqual(latencies(rows, 100), [1, 3])

    def test_at_a_high_rate_to_a_microsecond(self):
        rows = [Row(number, BEGAN + round(number * 1e9 / 12000), 250_000, 202) for number in range(240_000)]
        self.assertEqual(set(latencies(rows, 12000)), {0.25})


class Results(unittest.TestCase):
    def test_reads_rows(self):
        body = base64.b64encode(b'{"id":"1"}').decode()
        lines = [
            f"1795942400331859103,202,1719278,0,10,,{body},,1,POST,http://lab/,",
            '1795942400355863045,0,83201346,0,0,"Get ""http://lab/"": connection refused",,,0,GET,http://lab/,',
        ]
        self.assertEqual(
            vegeta.read_rows(lines),
            [
                Row(1, 1795942400331859103, 1719278, 202, b'{"id":"1"}', "http://lab/"),
                Row(0, 1795942400355863045, 83201346, 0, url="http://lab/"),
            ],
        )

    def test_what_was_never_sent_is_no_answer(self):
        self.assertEqual(vegeta.read_rows(["1795942400382698846,0,96183,0,0,no targets to attack,,,3,,,"]), [])


class Targets(unittest.TestCase):
    def test_a_purchase(self):
        first, second = vegeta.purchases("http://lab", "event", "run", 2)
        line = json.loads(first.line())
        self.assertEqual((line["method"], line["url"]), ("POST", "http://lab/api/v1/orders"))
        self.assertEqual(line["header"], {"Content-Type": ["application/json"]})
        body = json.loads(base64.b64decode(line["body"]))
        self.assertEqual((body["event_id"], body["category_id"], body["quantity"]), ("event", "standing", 1))
        self.assertNotEqual(body["buyer"]["email"], second.body["buyer"]["email"])

    def test_a_read(self):
        lines = [target.line() for target in vegeta.reads("http://lab", "event", 3)]
        self.assertEqual(len(lines), 3)
        wanted = {"method": "GET", "url": "http://lab/api/v1/events/event/availability"}
        self.assertTrue(all(json.loads(line) == wanted for line in lines))
        self.assertTrue(all(line.endswith("\n") for line in itertools.islice(lines, 3)))


if __name__ == "__main__":
    unittest.main()
