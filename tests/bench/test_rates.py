"""What an open loop has seen at each rate."""

import csv
import unittest

from harness import rates
from harness.rates import NEVER, Point, Round
from harness.vegeta import Answer


def answers(*groups):
    """Of (how many, status, milliseconds)."""
    return [Answer(0, ms / 1000, status, b"") for count, status, ms in groups for _ in range(count)]


def round_of(p50, answered=1.0):
    return Round(answered, {share: p50 if share == 0.5 else None for share in rates.SHARES})


class Rounds(unittest.TestCase):
    def test_all_answered(self):
        found = rates.of_round(answers((850, 202, 5), (150, 202, 9)), 202, 1000)
        self.assertEqual(found, Round(1, {0.5: 5, 0.9: 9, 0.99: None, 0.999: None, 0.9999: None}))

    def test_failing_fast_is_not_fast(self):
        found = rates.of_round(answers((850, 202, 5), (140, 503, 1), (10, 0, 1)), 202, 1000)
        self.assertEqual(found.answered, 0.85)
        self.assertEqual((found.told[0.5], found.told[0.9]), (5, NEVER))
        self.assertEqual(found.otherwise, {"503": 140, "no answer": 10})

    def test_what_was_not_sent_counts(self):
        found = rates.of_round(answers((400, 409, 5)), 409, 1000)
        self.assertEqual((found.answered, found.told[0.5]), (0.4, NEVER))
        self.assertEqual(found.otherwise, {"not sent": 600})

    def test_in_words(self):
        found = rates.of_round(answers((850, 202, 5), (150, 503, 1)), 202, 1000)
        self.assertEqual(
            rates.describe("purchases", found),
            "purchases: 85.00% answered, p50 5.00, p90 never ms (otherwise: 150 × 503)",
        )
        self.assertEqual(
            rates.describe("reads", rates.of_round(answers((9, 200, 1)), 200, 9)),
            "reads: 100.00% answered, too few to tell ms",
        )


class Points(unittest.TestCase):
    def test_a_round_that_cannot_tell_leaves_no_figure(self):
        self.assertIsNone(Point("reads", 500, [round_of(1), round_of(None)]).spread(0.5))
        self.assertEqual(Point("reads", 500, [round_of(1), round_of(3), round_of(2)]).spread(0.5).median, 2)

    def test_saturation(self):
        self.assertFalse(Point("reads", 500, [round_of(1000, 0.99)] * 3).is_saturated())
        self.assertTrue(Point("reads", 500, [round_of(1001)] * 3).is_saturated())
        self.assertTrue(Point("reads", 500, [round_of(1, 0.9899)] * 3).is_saturated())
        self.assertTrue(Point("reads", 500, [round_of(NEVER)] * 3).is_saturated())
        self.assertFalse(Point("reads", 1, [round_of(None)] * 3).is_saturated())

    def test_one_bad_round_of_three_is_no_saturation(self):
        self.assertFalse(Point("reads", 500, [round_of(1), round_of(2000, 0.5), round_of(1)]).is_saturated())

    def test_a_ratio_is_of_one_round(self):
        of, to = Point("reads", 500, [round_of(2), round_of(6)]), Point("handler", 500, [round_of(1), round_of(2)])
        self.assertEqual(rates.ratio(of, to, 0.5).median, 2.5)
        self.assertIsNone(rates.ratio(of, to, 0.9))
        self.assertIsNone(rates.ratio(Point("reads", 500, [round_of(NEVER), round_of(1)]), to, 0.5))


class Output(unittest.TestCase):
    POINTS = (
        Point("purchases", 500, [round_of(2.4), round_of(2.2)]),
        Point("purchases", 8000, [round_of(1500, 0.6), round_of(NEVER, 0.4)]),
    )
    HANDLER = (
        Point(rates.HANDLER, 500, [round_of(0.8), round_of(0.8)]),
        Point(rates.HANDLER, 8000, [round_of(10), round_of(20)]),
    )

    def test_names(self):
        self.assertEqual([rates.name_of(share) for share in rates.SHARES], ["p50", "p90", "p99", "p99.9", "p99.99"])

    def test_table(self):
        lines = rates.table("purchases", self.POINTS, {point.rate: point for point in self.HANDLER})
        words = [" ".join(line.split()) for line in lines]
        self.assertEqual(words[0], "purchases, ms answered p50 p90 p99 p99.9 p99.99")
        self.assertEqual(words[1], "500/s 100.00% 2.30 (2.20 to 2.40) - - - -")
        self.assertEqual(words[2], "empty handler 100.00% 0.80 (0.80 to 0.80) - - - -")
        self.assertEqual(words[3], "times as long 2.9 (2.8 to 3.0) - - - -")
        self.assertEqual(words[4], "8,000/s 50.00% never (1,500 to never) - - - - saturated")
        self.assertEqual(words[6], "times as long - - - - -")

    def test_csv(self):
        rows = list(csv.DictReader(rates.as_csv(self.POINTS).splitlines()))
        self.assertEqual(
            {name: rows[0][name] for name in ("kind", "rate", "rounds", "answered", "p50_median", "p50_least")},
            {
                "kind": "purchases",
                "rate": "500",
                "rounds": "2",
                "answered": "1.0",
                "p50_median": "2.3",
                "p50_least": "2.2",
            },
        )
        self.assertEqual((rows[0]["p99_9_median"], rows[1]["p50_most"]), ("", "inf"))


if __name__ == "__main__":
    unittest.main()
