"""The report in a headless Chromium: it draws its charts, says nothing on the console, fits a phone, asks no network."""

import html
import json
import pathlib
import re
import unittest

from evolution import report
from evolution.plan import RUSH_BUYERS
from harness import browser

RECORDING = json.loads((pathlib.Path(__file__).parent / "recording.json").read_text())

# Runs before everything else in the page; what it has seen is written into the page at the end, which is dumped.
LISTEN = """<script>
const seen = { errors: [], refused: [] };
addEventListener('error', (event) => seen.errors.push(event.message));
addEventListener('unhandledrejection', (event) => seen.errors.push(String(event.reason)));
for (const level of ['error', 'warn']) console[level] = (...words) => seen.errors.push(words.join(' '));
addEventListener('securitypolicyviolation', (event) => seen.refused.push(event.blockedURI));
</script>"""
TELL = """<script>addEventListener('load', () => {
  const isDrawn = (canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte);
  const canvases = [...document.querySelectorAll('canvas')];
  Object.assign(seen, {
    width: innerWidth, needs: document.documentElement.scrollWidth, canvases: canvases.length,
    blank: canvases.filter((canvas) => !isDrawn(canvas)).map((canvas) => canvas.ariaLabel || canvas.dataset.bars),
    requests: performance.getEntriesByType('resource').map((entry) => entry.name),
  });
  parent.document.body.append(Object.assign(document.createElement('pre'), { id: 'seen', textContent: JSON.stringify(seen) }));
});</script>"""


def look_at(page: str, width: int, *flags: str) -> dict:
    page = page.replace("<head>", f"<head>{LISTEN}", 1).replace("</body>", f"{TELL}</body>", 1)
    # In a frame, as wide as is asked: a window of Chromium's is never narrower than 500 pixels.
    frame = f'<iframe style="width: {width}px; height: 900px; border: 0" srcdoc="{html.escape(page)}"></iframe>'
    printed = browser.look_at(
        f"<!doctype html><body>{frame}</body>", width, 900, "--virtual-time-budget=5000", "--dump-dom", *flags
    )
    told = re.search(r'<pre id="seen">(.*?)</pre>', printed, re.DOTALL)
    return json.loads(html.unescape(told[1]))


@unittest.skipUnless(browser.is_here(), "there is no Chromium here")
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = report.Report(RECORDING, RUSH_BUYERS).html()

    def check(self, seen: dict, width: int) -> None:
        self.assertEqual(seen["errors"], [])
        self.assertEqual(seen["refused"], [])
        self.assertEqual(seen["requests"], [])
        self.assertEqual(seen["width"], width)
        self.assertLessEqual(seen["needs"], width)
        self.assertEqual(seen["canvases"], self.page.count("<canvas"))
        self.assertEqual(seen["blank"], [])

    def test_on_a_wide_screen(self):
        self.check(look_at(self.page, 1280), 1280)

    def test_on_a_phone(self):
        self.check(look_at(self.page, 390), 390)

    def test_in_the_dark(self):
        self.check(look_at(self.page, 1280, "--blink-settings=preferredColorScheme=0"), 1280)


if __name__ == "__main__":
    unittest.main()
