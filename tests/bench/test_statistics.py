"""Of rounds to a figure."""

import math
import unittest

from harness import statistics


class Spreads(unittest.TestCase):
    def test_the_middle_and_the_outer_ones(self):
        self.assertEqual(statistics.spread([30, 10, 20]), statistics.Spread(20, 10, 30))
        self.assertEqual(statistics.spread([1, 2]), statistics.Spread(1.5, 1, 2))

    def test_text(self):
        self.assertEqual(statistics.spread([12000, 9000, 15000]).text(), "12,000 (9,000 to 15,000)")
        self.assertEqual(statistics.spread([0.5]).text("{:.2f}"), "0.50 (0.50 to 0.50)")

    def test_a_ratio_is_of_one_round(self):
        # Of the medians it would be 1: each round by itself says 0.5, 2 and 1.
        self.assertEqual(statistics.ratios([10, 20, 15], [20, 10, 15]), statistics.Spread(1, 0.5, 2))

    def test_rounds_are_in_pairs(self):
        with self.assertRaises(ValueError):
            statistics.ratios([1, 2], [1])


class Percentiles(unittest.TestCase):
    def test_nearest_rank(self):
        values = list(range(1, 11))
        self.assertEqual(statistics.percentile(values, 0.5), 5)
        self.assertEqual(statistics.percentile(values, 0.51), 6)
        self.assertEqual(statistics.percentile(values, 0.9), 9)
        self.assertEqual(statistics.percentile(values, 1), 10)
        self.assertEqual(statistics.percentile(values, 0), 1)
        self.assertEqual(statistics.percentile([7], 0.99), 7)

    def test_told_with_a_hundred_beyond(self):
        self.assertEqual(statistics.told_percentiles(range(199), [0.5]), {0.5: None})
        self.assertEqual(statistics.told_percentiles(range(200), [0.5]), {0.5: 99})

    def test_a_hundred_beyond_is_exact_where_the_share_is_not(self):
        # 1 - 0.99 and 1 - 0.9999 are a little more or less than they should be.
        self.assertEqual(statistics.told_percentiles(range(10_000), [0.99, 0.999]), {0.99: 9899, 0.999: None})
        self.assertEqual(statistics.told_percentiles(range(1_000_000), [0.9999]), {0.9999: 999_899})
        self.assertEqual(statistics.told_percentiles(range(999_999), [0.9999]), {0.9999: None})

    def test_their_order_does_not_matter(self):
        self.assertEqual(statistics.told_percentiles(range(200, 0, -1), [0.5]), {0.5: 100})

    def test_what_takes_for_ever_is_beyond_everything(self):
        values = [math.inf] * 150 + [1] * 850
        self.assertEqual(statistics.told_percentiles(values, [0.5, 0.9]), {0.5: 1, 0.9: math.inf})

    def test_of_nothing(self):
        self.assertEqual(statistics.told_percentiles([], [0.5]), {0.5: None})


if __name__ == "__main__":
    unittest.main()
