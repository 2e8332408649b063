"""The programs of docs/examples.md, as they stand there, against a lab; and against a shop that has to be asked again."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import uuid

from busy_shop import busy_shop
from harness.laboratory import ROOT
from shared_lab import TOOLS, install_tools, the_lab

EXAMPLES = (ROOT / "docs/examples.md").read_text()
# How each language's program is run, and what its file is called.
RUN_BY = {
    "sh": (["bash", "-euo", "pipefail"], "buy.sh"),
    "python": (["/usr/bin/python3"], "buy.py"),
    "js": ([str(TOOLS / "openapi/bin/node")], "buy.mjs"),
}


def programs() -> dict[str, str]:
    return dict(re.findall(r"^```([a-z]+)\n(.*?)^```$", EXAMPLES, re.MULTILINE | re.DOTALL))


def setUpModule() -> None:
    install_tools()


class Examples(unittest.TestCase):
    def run_all(self, url: str) -> None:
        self.assertEqual(programs().keys(), RUN_BY.keys())
        for language, program in programs().items():
            with self.subTest(language), tempfile.TemporaryDirectory() as directory:
                command, name = RUN_BY[language]
                path = pathlib.Path(directory, name)
                path.write_text(program)
                done = subprocess.run(
                    [*command, path],
                    env=os.environ
                    | {"TICKETD_URL": url, "TICKETD_BUYER": f"{uuid.uuid4()}@example.com", "no_proxy": "*"},
                    check=False,
                    text=True,
                    capture_output=True,
                    timeout=100,
                )
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("confirmed", done.stdout)

    def test_they_buy_tickets(self):
        lab = the_lab()
        lab.run("up")
        self.run_all(lab.url)

    def test_they_repeat_what_has_no_answer_under_one_key(self):
        with busy_shop() as shop:
            self.run_all(shop.url)
        self.assertEqual(len(shop.purchases), len(RUN_BY))
        self.assertEqual(set(shop.purchases.values()), {2})


if __name__ == "__main__":
    unittest.main()
