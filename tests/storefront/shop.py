"""A real lab with the storefront before it, and a real browser: what the tests of the pages have in common."""

import contextlib
import datetime
import itertools
import json
import os
import pathlib
import site
import time
import unittest
import urllib.error
import urllib.request

from harness import browser
from harness.laboratory import ROOT, Laboratory

# Below build/tools, made by scripts/install-packages browser with the interpreter that runs this.
for packages in (ROOT / "build/tools/browser/lib").glob("python*/site-packages"):
    site.addsitedir(str(packages))
try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    Axe = expect = sync_playwright = None

_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_NUMBERS = itertools.count(1)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
LIMIT = 20_000  # milliseconds until what is to happen has happened, on a busy machine too
SEEN = """
window.seen = { refused: [], shift: 0 };
addEventListener('securitypolicyviolation', (event) => seen.refused.push(`${event.violatedDirective} ${event.blockedURI}`));
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
}).observe({ type: 'layout-shift', buffered: true });
"""


def iso(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Lab(Laboratory):
    """The one that the suite has brought up, or will."""

    def __init__(self) -> None:
        directory = pathlib.Path(os.environ.get("TICKETD_LAB_DIR", ROOT / ".lab-test"))
        super().__init__(directory, int(os.environ.get("TICKETD_LAB_PORT_OFFSET", "9000")))

    def call(self, method: str, path: str, body: dict | None = None, **headers: str) -> tuple[int, dict]:
        request = urllib.request.Request(
            f"{self.url}{path}",
            json.dumps(body).encode() if body else None,
            {"Content-Type": "application/json", **headers},
            method=method,
        )
        try:
            with _DIRECTLY.open(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    @property
    def token(self) -> str:
        return pathlib.Path(self.facts()["admin_token_file"]).read_text().strip()

    def put_event(self, event: str, **changes: object) -> str:
        body = {
            "name": "Yıldızlar Altında İstanbul",
            "venue": "Açıkhava Tiyatrosu",
            "starts_at": "2099-06-01T18:00:00Z",
            "sale_opens_at": "2020-01-01T00:00:00Z",
            "sale_closes_at": "2099-06-01T00:00:00Z",
            "max_per_buyer": 4,
            "categories": [category("standing", "Ayakta", 250000, 1000), category("seat", "Koltuk", 400050, 50)],
        }
        status, answer = self.call(
            "PUT", f"/api/v1/events/{event}", {**body, **changes}, Authorization=f"Bearer {self.token}"
        )
        if status not in (200, 201):
            raise AssertionError(f"the event cannot be written: {answer}")
        return event

    def new_event(self, **changes: object) -> str:
        """Its id, which no run before has had."""
        return self.put_event(f"shop-{time.time_ns() // 1_000_000}-{next(_NUMBERS)}", **changes)

    def buy_one(self, event: str, buyer: int = 0) -> tuple[int, dict]:
        body = {"event_id": event, "category_id": "standing", "quantity": 1}
        return self.call(
            "POST", "/api/v1/orders", {**body, "buyer": {"name": "Crowd", "email": f"crowd-{buyer}@example.com"}}
        )

    def buy_until(self, event: str, is_so) -> dict:
        """What is answered when it is so: a replica sells, and refuses, by a copy of the event that may be a second old."""
        until, buyer = time.monotonic() + LIMIT / 1000, 0
        status, body = self.buy_one(event)
        while not is_so(status, body) and time.monotonic() < until:
            time.sleep(0.5)
            buyer += 1
            status, body = self.buy_one(event, buyer)
        return body

    def has_tickets(self, status: int, body: dict) -> bool:
        """Whether that purchase was one, now that it is decided."""
        if status != 202:
            return False
        until = time.monotonic() + LIMIT / 1000
        while (now := self.call("GET", f"/api/v1/orders/{body['id']}")[1]["status"]) == "queued":
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        return now in ("reserved", "confirmed")

    def orders_of(self, event: str) -> int:
        return int(self.run("psql", "-Atqc", f"SELECT count(*) FROM orders WHERE event_id = '{event}'"))

    @contextlib.contextmanager
    def without(self, service: str, how: str = "stop"):
        self.run(how, service)
        try:
            yield
        finally:
            self.run("start", service)


def category(name: str, title: str, amount: int, capacity: int) -> dict:
    return {"id": name, "name": title, "price": {"amount": amount, "currency": "TRY"}, "capacity": capacity}


def is_here() -> bool:
    return browser.is_here() and sync_playwright is not None


@unittest.skipUnless(is_here(), "there is no Chromium here, or nothing to drive it (scripts/install-packages browser)")
class Browser(unittest.TestCase):
    """One browser for all tests; a test takes the pages that it wants by `visit`, each a device of its own."""

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.lab.run(
            "down", "--wipe"
        )  # of tests that used it before: there are their events, and one whose secret is missing
        cls.lab.run("up")
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        cls.chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        cls.addClassCleanup(cls.chromium.close)

    def device(self, width: int = 1280, language: str = "en", theme: str = "light", **more: object):
        """A browser that has been here never before."""
        context = self.chromium.new_context(
            base_url=self.lab.url,
            viewport={"width": width, "height": 900},
            locale={"en": "en-GB", "tr": "tr-TR"}[language],
            timezone_id="Europe/Istanbul",
            color_scheme=theme,
            **more,
        )
        self.addCleanup(context.close)
        context.set_default_timeout(LIMIT)
        context.add_init_script(SEEN)
        return context

    def visit(self, path: str, context=None):
        page = (context or self.device()).new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(path)
        return page

    def fill(self, page, place: str = "Ayakta", card: str = "", email: str = "ada@example.com") -> None:
        page.get_by_role("radio", name=place).check()
        page.locator("#field-name").fill("Ada Lovelace")
        page.locator("#field-email").fill(email)
        if card:
            page.get_by_role("radio", name=card).check()

    def press_buy(self, page) -> None:
        page.locator("button[type=submit]").click()

    def see(self, locator, text: str | None = None) -> None:
        """It comes to be seen."""
        expect(locator).to_be_visible(timeout=LIMIT)
        if text:
            expect(locator).to_contain_text(text, timeout=LIMIT)

    def see_tickets(self, page, count: int = 1) -> None:
        expect(page.locator(".ticket")).to_have_count(count, timeout=LIMIT)
        expect(page.locator(".qr")).to_have_count(count, timeout=LIMIT)

    def check_clean(self, page) -> None:
        """No error in a script, nothing that the policy refused."""
        self.assertEqual(page.errors, [])
        self.assertEqual(page.evaluate("seen.refused"), [])

    def check_accessible(self, page) -> None:
        found = Axe().run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        said = [
            f"{each['id']}: {node['html'][:200]}" for each in found.response["violations"] for node in each["nodes"]
        ]
        self.assertEqual(said, [])
