"""What refusals took beside their answers."""

import unittest

from harness import refusals

BEFORE = {"http_requests:409": 10.0, "publish_batch_orders_count": 5.0, "database_statements:find_event": 100.0}


def trace(seconds=10, replicas=3, **after):
    names = {"sold_out": "http_requests:409", "messages": "publish_batch_orders_count"}
    counted = dict(BEFORE)
    for name, rise in after.items():
        key = names.get(name, f"database_statements:{name}")
        counted[key] = BEFORE.get(key, 0.0) + rise
    return refusals.trace(BEFORE, counted, seconds, replicas)


class Traces(unittest.TestCase):
    def test_replicas_are_added_up(self):
        self.assertEqual(
            refusals.added_up([{"http_requests:409": 1, "a": 2}, {"http_requests:409": 3}]),
            {"http_requests:409": 4, "a": 2},
        )

    def test_a_rise_counts(self):
        found = trace(sold_out=1000, find_orders=20)
        self.assertEqual((found.sold_out, found.messages, found.statements), (1000, 0, {"find_orders": 20}))
        self.assertEqual(found.statements_each, 0.02)

    def test_what_comes_by_the_clock_is_not_the_refusals(self):
        found = trace(sold_out=1000, find_event=300, list_events=15, read_time=15)
        self.assertEqual((found.statements, found.by_the_clock), ({}, 330))

    def test_more_than_the_clock_is(self):
        found = trace(sold_out=1000, find_event=1000)
        self.assertEqual((found.statements, found.by_the_clock), ({"find_event": 700}, 300))


class Promises(unittest.TestCase):
    def test_kept(self):
        self.assertEqual(refusals.breaches(trace(sold_out=1000), 0), [])
        self.assertEqual(refusals.breaches(trace(sold_out=1000, find_orders=10), 0.01), [])

    def test_a_message(self):
        self.assertEqual(refusals.breaches(trace(sold_out=1000, messages=1), 0), ["1 messages were published"])

    def test_a_statement(self):
        self.assertEqual(
            refusals.breaches(trace(sold_out=1000, find_orders=1), 0),
            ["1 statements for 1,000 refusals (find_orders 1), not at most 0 each"],
        )
        self.assertEqual(len(refusals.breaches(trace(sold_out=1000, find_orders=11), 0.01)), 1)

    def test_without_refusals_nothing_is_shown(self):
        self.assertEqual(refusals.breaches(trace(), 0), ["nothing was refused"])


if __name__ == "__main__":
    unittest.main()
