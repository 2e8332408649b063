"""What is reported of a run, from what was measured."""

import dataclasses
import unittest

from harness.laboratory import Failure
from harness.vegeta import Answer
from minute import crowd, figures, picture
from minute.crowd import End

FIGURES = figures.Figures(
    tickets=50_000,
    buyers=55_000,
    first_second=13_750,
    accepted=50_012,
    accepted_in_s=38.04,
    paid=50_000,
    paid_after_s=0.31,
    wait_median_s=1.2,
    wait_most_s=8.7,
    refused=5_000,
    without_end=0,
    other=0,
    p50_ms=12.34,
    p99_ms=1_512,
    most_ms=2_000,
    repeats=0,
    reads=55_000,
    reads_failed=0,
    read_p99_ms=8.25,
    watched=100,
    queue_peak=9_123,
    late_s=0.1,
    breaches=(),
    disturbed="",
    settings=(),
)


class Line(unittest.TestCase):
    def test_a_good_run_is_one_line(self):
        self.assertEqual(
            figures.line(FIGURES),
            "50,000 tickets, 55,000 buyers, 13,750 of them in the first second; 50,012 accepted within 38.0 s "
            "(answer p50 12 ms, p99 1.5 s); 50,000 paid, the last 0.3 s after the last acceptance (half within 1.2 s, "
            "all within 8.7 s of their own); 5,000 refused; at most 9,123 waited to be settled or paid; 55,000 reads "
            "(p99 8.2 ms); audit clean",
        )
        self.assertTrue(FIGURES.is_good)

    def test_whatever_is_wrong_is_told_and_is_no_good_run(self):
        for change, words in (
            ({"without_end": 3}, "3 buyers WITHOUT AN END"),
            ({"breaches": ("breach: never lost",)}, "the audit is NOT clean"),
            ({"other": 1}, "1 orders neither paid nor refused"),
            ({"reads_failed": 7}, "7 reads FAILED"),
        ):
            worse = dataclasses.replace(FIGURES, **change)
            self.assertIn(words, figures.line(worse))
            self.assertFalse(worse.is_good)
        self.assertNotIn("audit clean", figures.line(dataclasses.replace(FIGURES, breaches=("breach",))))

    def test_what_makes_figures_doubtful_is_told(self):
        doubtful = dataclasses.replace(
            FIGURES, late_s=0.7, disturbed="disturbed: 20% of the CPU", settings=("TICKETD_CACHE=off",), repeats=1_200
        )
        for words in ("0.7 s late", "disturbed: 20% of the CPU", "with TICKETD_CACHE=off", "1,200 repeats"):
            self.assertIn(words, figures.line(doubtful))
        self.assertTrue(doubtful.is_good)


class Latencies(unittest.TestCase):
    def test_count_from_the_arrival_to_the_last_answer(self):
        ends = [End(arrived=10, answered=10 + number / 1000, order=None) for number in range(1, 101)]
        found = figures.latencies_ms(ends)
        self.assertAlmostEqual(found[0.5], 50, places=3)
        self.assertAlmostEqual(found[0.99], 99, places=3)
        self.assertAlmostEqual(found[1.0], 100, places=3)


class Series(unittest.TestCase):
    def test_a_value_a_step(self):
        ends = [End(100.0, 100.3, "a"), End(100.6, 101.1, "b"), End(101.2, 101.3, None)]
        settled = figures.Settled(
            paid=1,
            rejected=1,
            other=0,
            last_paid_accepted=100.2,
            last_paid=101.6,
            wait_median_s=1.4,
            wait_most_s=1.4,
            paid_at={3: 1},
            ended_at={2: 1, 3: 1},
            accepted_at={0: 1, 1: 1},
        )
        self.assertEqual(
            figures.series(ends, settled, began=100.0, step=0.5),
            {"arrived": [1, 1, 1, 0], "accepted": [1, 0, 1, 0], "paid": [0, 0, 0, 1], "waiting": [1, 2, 1, 0]},
        )


def answer(status: int, body: str) -> Answer:
    return Answer(intended=1.0, ended=2.0, status=status, body=body.encode())


class Answers(unittest.TestCase):
    def test_an_end_is_an_order_or_a_refusal(self):
        self.assertEqual(crowd.read(answer(202, '{"id": "an-order", "status": "queued"}')), "an-order")
        self.assertIsNone(crowd.read(answer(409, '{"type": "urn:ticketd:problem:sold-out"}')))

    def test_anything_else_is_the_end_of_the_run(self):
        for status, body in ((409, '{"type": "urn:ticketd:problem:sale-closed"}'), (500, "{}"), (422, "{}")):
            with self.assertRaises(Failure):
                crowd.read(answer(status, body))


RECORDING = {"figures": FIGURES.as_json(), "about": {"payments": "on"}}


class Title(unittest.TestCase):
    def test_says_the_figures_in_words(self):
        self.assertEqual(
            picture.title(RECORDING),
            [
                "50,000 tickets sold and paid in 38.4 s",
                "55,000 buyers, 13,750 of them in the first second.",
                "Answered in 12 ms (median), 99 of 100 within 1.5 s.",
                "Paid 1.2 s later (median), all within 8.7 s. Audit clean.",
            ],
        )

    def test_does_not_say_paid_of_what_was_free(self):
        self.assertNotIn("paid", " ".join(picture.title(RECORDING | {"about": {"payments": "off"}})).lower())


if __name__ == "__main__":
    unittest.main()
