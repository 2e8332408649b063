"""The figures, claims and pages of a real run (recording.json: of its requests every 25th)."""

import copy
import html.parser
import json
import pathlib
import unittest

from evolution import claims, figures, report
from evolution.bottleneck import judge
from evolution.plan import RUSH_BUYERS

RECORDING = json.loads((pathlib.Path(__file__).parent / "recording.json").read_text())


def changed():
    return copy.deepcopy(RECORDING)


def phase_of(recording, number):
    return next(phase for phase in recording["phases"] if phase["phase"] == number)


def held(recording):
    return [claim.holds for claim in report.Report(recording, RUSH_BUYERS).claims]


class Figures(unittest.TestCase):
    def setUp(self):
        self.phases = {phase["phase"]: figures.of_phase(phase) for phase in RECORDING["phases"]}

    def test_the_monolith_waits_for_connections(self):
        spike = self.phases[1]["spike"]
        self.assertEqual(spike["pool_use"]["api"], 1)
        self.assertGreater(spike["purchase_ms"]["p95"], 1000)
        verdict = judge(spike, 2, 64, 80)
        self.assertEqual(verdict.saturated[0].resource, "the api's database connections")

    def test_what_was_used_up_is_told_of_each_load_by_itself(self):
        def used_up(number, stretch):
            return [use.resource for use in judge(self.phases[number][stretch], 2, 64, 80).saturated]

        self.assertEqual(used_up(1, "rush"), ["the api's database connections"])
        self.assertEqual(used_up(2, "rush"), ["the api's database connections"])
        for number in (3, 4, 5):
            self.assertIn("the machine's CPU", used_up(number, "rush"), number)
        for number in (3, 4):
            self.assertIn("the settler, which has one transaction at a time", used_up(number, "drain"), number)
        self.assertEqual(used_up(5, "drain"), ["the charges that may be under way"])

    def test_the_backlog_grows_and_drains(self):
        self.assertGreater(self.phases[3]["drill_peak"], 200)
        self.assertEqual(self.phases[3]["backlog_last"], 0)

    def test_coalescing_shows_in_its_sizes(self):
        self.assertEqual(self.phases[3]["sellout"]["orders_a_transaction"], 1)
        self.assertGreater(self.phases[5]["sellout"]["orders_a_transaction"], 5)
        self.assertLess(self.phases[5]["sellout"]["cpu_us_an_order"], self.phases[3]["sellout"]["cpu_us_an_order"] / 2)

    def test_no_share_is_negative(self):
        for phase in self.phases.values():
            for key in ("spike", "fault", "rush", "sellout"):
                self.assertGreaterEqual(min(phase[key]["shares"].values()), 0, (phase["phase"], key))


class Claims(unittest.TestCase):
    def test_all_hold_as_recorded(self):
        self.assertEqual(held(RECORDING), [True] * 6)

    def test_an_error_while_a_part_is_away_breaks_its_claim(self):
        for number, claim in ((2, 1), (4, 3)):
            marks = phase_of(RECORDING, number)["marks"]
            for second in (int(marks["fault_begins"]), int(marks["fault_ends"]) + 2):
                recording = changed()
                phase_of(recording, number)["seconds"].setdefault(str(second), {}).setdefault("read", {})["503"] = [10]
                self.assertEqual([at for at, holds in enumerate(held(recording)) if not holds], [claim])

    def test_a_part_that_never_went_away_proves_nothing(self):
        for number, claim, service in ((2, 1, "redis"), (3, 2, "worker-1"), (4, 3, "api-2")):
            recording = changed()
            for sample in phase_of(recording, number)["samples"]:
                sample["services"].setdefault(service, {"cpu": 1.0, "rss": 1})
            self.assertEqual([at for at, holds in enumerate(held(recording)) if not holds], [claim])
            self.assertIn(
                f"{service} was never seen to be away", report.Report(recording, RUSH_BUYERS).claims[claim].measured
            )

    def test_silence_is_not_the_absence_of_errors(self):
        for number, claim in ((2, 1), (4, 3)):
            recording = changed()
            phase_of(recording, number)["seconds"] = {}
            self.assertFalse(held(recording)[claim])

    def test_a_third_phase_that_refuses_quickly_breaks_the_first(self):
        recording = changed()
        for kinds in phase_of(recording, 3)["seconds"].values():
            kinds["purchase"] = {"503": [10] * 5}
        self.assertFalse(held(recording)[0])
        recording = changed()
        third = phase_of(recording, 3)
        third["seconds"][str(int(third["marks"]["spike_ends"]) - 1)]["purchase"]["503"] = [10]
        self.assertFalse(held(recording)[0])

    def test_a_queue_that_does_not_drain_breaks_the_third(self):
        recording = changed()
        for metrics in phase_of(recording, 3)["samples"][-1]["metrics"].values():
            metrics["queue_depth_orders"] = 1
        self.assertEqual(held(recording), [True, True, False, True, True, True])

    def test_a_breach_in_whichever_phase_is_told(self):
        for number in range(1, 6):
            recording = changed()
            phase_of(recording, number)["audit"] = {"passed": False, "lines": ["breach: never lost"]}
            self.assertEqual(held(recording), [True, True, number != 3, True, True, False])
            self.assertIn(f"phase {number}", report.Report(recording, RUSH_BUYERS).claims[-1].measured)

    def test_how_small_a_fraction_is_asked_of_the_fifth(self):
        third, fifth = (figures.of_phase(phase_of(RECORDING, number)) for number in (3, 5))
        third["sellout"]["cpu_us_an_order"] = 1000
        for dear, holds in ((590, True), (610, False)):
            fifth["sellout"]["cpu_us_an_order"] = dear
            self.assertIs(claims.check([third, fifth])[4].holds, holds)

    def test_dear_orders_break_the_fifth(self):
        recording = changed()
        for sample in phase_of(recording, 5)["samples"]:
            sample["services"]["db"]["cpu"] *= 4
        self.assertEqual(held(recording), [True, True, True, True, False, True])


class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("src", "href", "action", "data", "srcset")]


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            report.library()
        except report.Failure as missing:
            raise unittest.SkipTest(str(missing)) from None

    def test_the_page_refers_to_nothing(self):
        links = Links()
        links.feed(report.Report(RECORDING, RUSH_BUYERS).html())
        self.assertEqual(links.found, [])

    def test_what_was_cut_off_is_shown_as_far_as_it_went(self):
        recording = changed()
        recording["phases"] = recording["phases"][:2]
        cut = recording["phases"][1]
        cut["audit"], cut["failure"] = None, "redis <did> not start"
        for mark in ("fault_begins", "fault_ends", "settled"):
            del cut["marks"][mark]
        page = report.Report(recording, RUSH_BUYERS)
        self.assertIn("redis &lt;did&gt; not start", page.html())
        self.assertIn("cache, unfinished", page.html())
        self.assertEqual([claim.holds for claim in page.claims], [None] * 5 + [True])

    def test_who_could_not_come_is_told_above_all(self):
        recording = changed()
        seconds = phase_of(recording, 1)["seconds"]
        seconds[min(seconds)]["dropped"] = 626
        page = report.Report(recording, RUSH_BUYERS).html()
        self.assertIn('<p class="notice">In phase 1 k6 ran out of virtual users: 626 people could not come', page)

    def test_a_disturbed_machine_is_told_above_all(self):
        recording = changed()
        for at, sample in enumerate(phase_of(recording, 4)["samples"]):
            sample["machine"]["stolen"] += at
        doubts = report.Report(recording, RUSH_BUYERS).html().split("<section")[0]
        self.assertIn("in the spike of phase 4", doubts)
        self.assertIn("in the rush of phase 4", doubts)
        self.assertNotIn("phase 3", doubts)

    def test_a_drill_that_runs_into_the_rush_is_told(self):
        recording = changed()
        marks = phase_of(recording, 3)["marks"]
        marks["fault_ends"] = marks["rush"] - 1
        self.assertIn("In phase 3 the repair took so long", report.Report(recording, RUSH_BUYERS).html())

    def test_no_second_of_errors_is_left_out(self):
        marks = phase_of(RECORDING, 3)["marks"]
        for second in range(int(marks["spike"]), int(marks["settled"]) + 1):
            recording = changed()
            phase_of(recording, 3)["seconds"].setdefault(str(second), {}).setdefault("read", {})["503"] = [10]
            shares = figures.of_phase(phase_of(recording, 3))["error_share"].values()
            self.assertEqual(sum(share > 0 for share in shares), 1, second)

    def test_of_nothing_finished_there_is_no_summary(self):
        recording = changed()
        del recording["phases"][1:]
        recording["phases"][0]["audit"] = None
        page = report.Report(recording, RUSH_BUYERS).html()
        self.assertNotIn("<table", page)
        self.assertNotIn("data-bars", page.split("<script")[0])
        self.assertIn("monolith, unfinished", page)

    def test_a_ratio_below_one_is_a_division(self):
        self.assertEqual(
            [report.times(ratio) for ratio in (None, 0, 0.1, 0.5, 0.999, 1, 3)],
            ["–", "×0", "÷10.0", "÷2.00", "×1.00", "×1.00", "×3.00"],
        )

    def test_what_is_compared_with_is_named(self):
        recording = changed()
        recording["phases"] = [phase_of(recording, 3), phase_of(recording, 5)]
        page = report.Report(recording, RUSH_BUYERS).html()
        self.assertIn("and to phase 3 (", page)
        self.assertIn("1.3 times as many orders", page)
        self.assertNotIn("times as soon", page)

    def test_a_breach_is_red(self):
        recording = changed()
        phase_of(recording, 2)["audit"] = {"passed": False, "lines": ["breach: never oversold: </pre>"]}
        page = report.Report(recording, RUSH_BUYERS).html()
        self.assertIn('<span class="fails">breaches</span>', page)
        self.assertIn("never oversold: &lt;/pre&gt;", page)

    def test_the_table_for_pasting_is_as_it_was_checked(self):
        expected = pathlib.Path(__file__).with_name("recording.md").read_text()
        self.assertEqual(report.Report(RECORDING, RUSH_BUYERS).markdown(), expected)

    def test_the_table_for_pasting_has_a_column_a_phase(self):
        lines = report.Report(RECORDING, RUSH_BUYERS).markdown().splitlines()
        table = [line for line in lines if line.startswith("|")]
        self.assertEqual({line.count("|") for line in table}, {7})
        self.assertTrue(table[0].startswith("| | 1 monolith | 2 cache"))


if __name__ == "__main__":
    unittest.main()
