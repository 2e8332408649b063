"""The page at /api/ in a headless Chromium: it shows each operation, says nothing on the console, asks nobody else."""

import json
import re
import unittest
import urllib.request

from harness import browser
from harness.laboratory import ROOT
from shared_lab import the_lab

DOCUMENT = json.loads((ROOT / "roles/api/openapi.json").read_text())
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lab = the_lab()
        lab.run("up")
        cls.url = lab.url

    @unittest.skipUnless(browser.is_here(), "there is no Chromium here")
    def test_it_shows_the_document_and_the_browser_has_nothing_against_it(self):
        seen = browser.visit(
            f"{self.url}/api/", 1280, 1000, "--virtual-time-budget=20000", "--dump-dom", "--enable-logging=stderr"
        )
        # What its policy refuses, a request to anybody else first of all, would stand there too.
        self.assertEqual([line for line in seen.stderr.splitlines() if "CONSOLE" in line], [])
        for operations in DOCUMENT["paths"].values():
            for operation in operations.values():
                self.assertIn(operation["summary"], seen.stdout)
        self.assertIn(DOCUMENT["info"]["version"], seen.stdout)

    def test_it_comes_with_a_policy_that_lets_in_nothing_inline(self):
        with DIRECTLY.open(f"{self.url}/api/") as answer:
            self.assertEqual(answer.headers["Content-Type"], "text/html")
            policy = answer.headers["Content-Security-Policy"]
            page = answer.read().decode()
        self.assertTrue(policy.startswith("default-src 'none'"))
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("://", page)
        for part in re.findall(r'(?:src|href)="(page/[^"]+)"', page):
            # To one who takes no compressed content as well.
            with DIRECTLY.open(f"{self.url}/api/{part}") as answer:
                self.assertIsNone(answer.headers["Content-Encoding"])
                self.assertIn(answer.headers["Content-Type"], ("text/css", "text/javascript"))
                self.assertGreater(len(answer.read()), 500)

    def test_the_swagger_ui_is_the_one_that_is_pinned(self):
        pinned = re.search(r"swagger_ui_version=(\S+)", (ROOT / "scripts/lib/pinned.sh").read_text())[1]
        with DIRECTLY.open(f"{self.url}/api/page/swagger-ui-bundle.js") as answer:
            self.assertIn(f'"{pinned}"', answer.read().decode())


if __name__ == "__main__":
    unittest.main()
