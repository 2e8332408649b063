"""The pages' rules, asked one by one in the browser: money, clocks, words, keys."""

import re
import unittest

from harness.laboratory import ROOT
from shop import Browser


class Modules(Browser):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = cls.chromium.new_page(base_url=cls.lab.url, locale="en-GB")
        cls.page.goto("/")
        cls.assets = re.match(r"(.*/)app\.js", cls.page.locator("script[type=module]").get_attribute("src"))[1]

    def ask(self, module: str, expression: str, argument: object = None) -> object:
        """The value of an expression of `it`, the module, and `x`, the argument."""
        return self.page.evaluate(
            f"async (x) => {{ const it = await import('{self.assets}{module}'); return {expression}; }}", argument
        )

    def test_money(self):
        def money(amount: int, currency: str, locale: str) -> str:
            text = self.ask("format.js", "it.money({amount: x[0], currency: x[1]}, x[2])", [amount, currency, locale])
            return text.replace("\u00a0", " ")

        self.assertEqual(money(600000, "TRY", "en-GB"), "₺6,000")
        self.assertEqual(money(600050, "TRY", "tr-TR"), "₺6.000,50")
        self.assertEqual(money(1234, "JPY", "en-US"), "¥1,234")
        self.assertEqual(money(1500, "KWD", "en-US"), "KWD 1.500")
        self.assertEqual(money(1500, "IQD", "en-US"), "IQD 1.500")  # CLDR has no digits for it, ISO 4217 three
        self.assertEqual(money(5, "USD", "en-US"), "$0.05")
        self.assertEqual(money(0, "TRY", "tr-TR"), "₺0")

    def test_the_digits_of_currencies_are_the_servers(self):
        source = (ROOT / "src/domain/currency.cpp").read_text()
        known = re.findall(r'\{"([A-Z]{3})", (\d)\}', source)
        self.assertGreater(len(known), 150)
        self.assertEqual(
            self.ask("format.js", "x.filter(([code, digits]) => it.digitsOf(code) !== Number(digits))", known), []
        )

    def test_a_price_that_is_typed(self):
        def minor(text: str, currency: str = "TRY") -> object:
            return self.ask("organise/definition.js", "it.minorOf(x[0], x[1])", [text, currency])

        for text in ("2500.50", "2500,50", "2.500,50", "2,500.50", "2 500,5"):
            self.assertEqual(minor(text), 250050, text)
        self.assertEqual(minor("2.500"), 250000)
        self.assertEqual(minor("2500", "JPY"), 2500)
        self.assertEqual(minor("0"), 0)
        for text in ("", "-1", "1.2.3", "1,23,45", "abc", "1.2345", "1e5"):
            self.assertNotEqual(minor(text), minor(text), text)  # NaN

    def test_the_servers_clock(self):
        # Two answers of a server that is an hour ahead, half a second into its second and then just at the next one.
        bounds = self.ask(
            "clock.js",
            """it.narrow(it.narrow({least: -Infinity, most: Infinity}, 3_600_000, 480, 520), 3_601_000, 1000, 1010)""",
        )
        self.assertEqual(bounds, {"least": 3_599_990, "most": 3_600_520})
        # Somebody has set a clock: what was known is known no more.
        bounds = self.ask("clock.js", "it.narrow({least: 0, most: 10}, 60_000, 0, 10)")
        self.assertEqual(bounds, {"least": 59_990, "most": 61_000})

    def test_what_is_left_of_the_time(self):
        self.assertEqual(
            self.ask("format.js", "it.parts(x)", 90_061_001), {"days": 1, "hours": 1, "minutes": 1, "seconds": 2}
        )
        self.assertEqual(self.ask("format.js", "it.parts(-5)"), {"days": 0, "hours": 0, "minutes": 0, "seconds": 0})

    def test_both_languages_have_the_same_words(self):
        for module in ("words/en.js", "words/tr.js"):
            empty = self.ask(module, "Object.entries(it.default).filter(([, text]) => !text).map(([name]) => name)")
            self.assertEqual(empty, [])
        members = """Object.fromEntries(Object.entries(it.default).map(([name, text]) =>
          [name, [...(text.other ?? text).matchAll(/\\{\\w+\\}/g)].map(([member]) => member).sort()]))"""
        self.assertEqual(self.ask("words/en.js", members), self.ask("words/tr.js", members))

    def test_every_refusal_that_a_buyer_can_hear_has_words(self):
        problems = set(re.findall(r'\{"([a-z-]+)", +\d{3}', (ROOT / "roles/problems.hpp").read_text()))
        of_others = {  # of requests that the pages don't make, or an organiser's: said as an error of ours
            *(
                "malformed-request",
                "unauthorized",
                "forbidden",
                "method-not-allowed",
                "capacity-conflict",
                "expectation-failed",
            ),
            *("precondition-failed", "body-too-large", "uri-too-long", "unsupported-media-type", "headers-too-large"),
        }
        words = set(self.ask("words/en.js", "Object.keys(it.default)"))
        for name in problems - of_others:
            self.assertIn(f"problem.{name}", words)
            self.assertIn(f"problem.{name}.advice", words)
        for name in re.findall(r'order_reason::\w+, "(\w+)"', (ROOT / "src/domain/order.cpp").read_text()):
            self.assertIn(f"reason.{name}", words)
            self.assertIn(f"reason.{name}.advice", words)

    def test_the_language_is_the_first_that_there_is(self):
        choose = "it.choose(x[0], x[1])"
        self.assertEqual(self.ask("words.js", choose, ["", ["de-DE", "tr", "en"]]), "tr")
        self.assertEqual(self.ask("words.js", choose, ["en", ["tr"]]), "en")
        self.assertEqual(self.ask("words.js", choose, ["", ["de"]]), "en")

    def test_two_versions_of_an_event(self):
        event = {
            "name": "A",
            "venue": "B",
            "starts_at": "2099-01-01T00:00:00Z",
            "sale_opens_at": "2099-01-01T00:00:00.000Z",
            "sale_closes_at": "2099-01-01T00:00:00Z",
            "max_per_buyer": 4,
            "categories": [{"id": "s", "name": "S", "price": {"amount": 1, "currency": "TRY"}, "capacity": 5}],
        }
        other = {**event, "name": "Z", "sale_opens_at": "2099-01-01T00:00:00Z", "categories": []}
        found = self.ask("organise/definition.js", "it.differences(x[0], x[1])", [event, other])
        self.assertEqual([each["name"] for each in found], ["name", "s/name", "s/price", "s/capacity"])
        self.assertEqual((found[0]["mine"], found[0]["theirs"]), ("A", "Z"))

    def test_a_purchase_has_one_key_until_it_is_answered(self):
        seen = self.ask(
            "purchase.js",
            """(() => {
              const body = {event_id: 'e', category_id: 'c', quantity: 1, buyer: {name: 'A', email: 'a@b'}};
              const first = it.begin(body, {});
              const again = it.begin({...body, quantity: 2}, {});
              it.forget({...first, key: 'another'});
              const kept = it.pending('e').key;
              it.forget(first);
              const next = it.begin(body, {});
              it.forget(next);
              return {keys: [first.key, again.key, kept, next.key], quantity: again.body.quantity, left: it.pending('e')};
            })()""",
        )
        first, again, kept, following = seen["keys"]
        self.assertEqual({first, again, kept}, {first})
        self.assertNotEqual(first, following)
        self.assertRegex(first, r"^[0-9a-f]{32}$")
        self.assertEqual((seen["quantity"], seen["left"]), (1, None))


if __name__ == "__main__":
    unittest.main()
