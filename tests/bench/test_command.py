"""What the benchmarks' options take."""

import argparse
import unittest

from harness import command


class Lists(unittest.TestCase):
    def test_of_numbers(self):
        read = command.list_of(command.at_least(1))
        self.assertEqual(read("500,1000"), [500, 1000])
        self.assertEqual(read("500,500"), [500])
        for wrong in ("", "500,", "x"):
            self.assertRaises(ValueError, read, wrong)
        self.assertRaises(argparse.ArgumentTypeError, read, "0")

    def test_of_choices(self):
        read = command.list_of(command.one_of(("purchases", "reads")))
        self.assertEqual(read("reads,purchases"), ["reads", "purchases"])
        self.assertRaises(argparse.ArgumentTypeError, read, "writes")


if __name__ == "__main__":
    unittest.main()
