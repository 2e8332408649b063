"""How buyers come."""

import unittest

from minute import curve


class Arrivals(unittest.TestCase):
    def test_all_come_whatever_their_number(self):
        for buyers in (11, 330, 55_000, 99_999, 1_100_000):
            for seconds in (1, 3, 60, 1200):
                arrivals = curve.arrivals(buyers, seconds)
                self.assertEqual(len(arrivals), seconds)
                self.assertEqual(sum(arrivals), buyers)
                self.assertGreaterEqual(min(arrivals), 0)

    def test_a_quarter_comes_in_the_first_second_of_a_minute(self):
        self.assertEqual(curve.arrivals(55_000, 60)[0], 13_750)

    def test_after_that_they_come_ever_more_slowly(self):
        arrivals = curve.arrivals(1_000_000, 60)
        self.assertEqual(arrivals, sorted(arrivals, reverse=True))
        self.assertGreater(arrivals[-1], 0)
        self.assertAlmostEqual(curve.share(curve.RUSH), curve.share(curve.RUSH + 1e-9), places=5)

    def test_more_come_than_there_are_tickets(self):
        self.assertEqual(curve.buyers_for(50_000), 55_000)
        self.assertEqual(curve.buyers_for(11), 13)

    def test_a_million_take_longer_so_that_the_first_crowd_is_as_large(self):
        self.assertEqual(curve.seconds_for(300), 60)
        self.assertEqual(curve.seconds_for(50_000), 60)
        self.assertEqual(curve.seconds_for(1_000_000), 1200)
        self.assertEqual(curve.arrivals(curve.buyers_for(1_000_000), 1200)[0], curve.arrivals(55_000, 60)[0])


if __name__ == "__main__":
    unittest.main()
