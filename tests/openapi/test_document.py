"""The API's document: without a fault of its own, and true of running servers, whatever they are asked."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness.laboratory import ROOT, Laboratory
from shared_lab import TOOLS, admin_token, install_tools, the_lab

HERE = pathlib.Path(__file__).parent
REDOCLY = TOOLS / "redocly/node_modules/@redocly/cli/bin/cli.js"
SEED = os.environ.get("TICKETD_TEST_SEED", "20270105")  # the same in each run: this is a check
EVENT = "schemathesis"


def setUpModule() -> None:
    install_tools()


def run(*command: str | pathlib.Path, **variables: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as directory:  # for what they keep for their next run
        return subprocess.run(
            command, env=os.environ | variables, cwd=directory, check=False, text=True, capture_output=True
        )


class Linted(unittest.TestCase):
    def test_redocly_finds_nothing(self):
        lint = ("lint", ROOT / "roles/api/openapi.json", "--extends=recommended-strict", "--format=stylish")
        quietly = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
        done = run(TOOLS / "openapi/bin/node", REDOCLY, *lint, **quietly)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Kept(unittest.TestCase):
    """What schemathesis sends is drawn from the document, what fits it and what does not; each answer is to be one that the
    document has, and none a 5xx."""

    def check(self, lab: Laboratory, examples: int, *more: str) -> None:
        lab.create_event(EVENT)
        done = run(
            TOOLS / "openapi/bin/schemathesis",
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            f"{lab.url}/api/v1/openapi.json",
            f"--url={lab.url}",
            f"--seed={SEED}",
            f"--max-examples={examples}",
            "--continue-on-failure",
            *more,
            SCHEMATHESIS_HOOKS=str(HERE / "hooks.py"),
            TICKETD_ADMIN_TOKEN=admin_token(lab),
            TICKETD_EVENT=EVENT,
            NO_PROXY="*",  # the lab is here
        )
        print(f"seed {SEED}:", *re.findall(r"\d+ generated.*", done.stdout))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        audit = lab.try_run("audit")
        self.assertEqual(audit.returncode, 0, audit.stdout + audit.stderr)

    def test_by_the_whole_lab(self):
        lab = the_lab()
        lab.run("up")
        self.check(lab, 30)

    def test_by_a_monolith_whose_purchases_are_synchronous(self):
        lab = the_lab()
        lab.up(1)
        self.check(lab, 10, "--include-path-regex=/orders")


if __name__ == "__main__":
    unittest.main()
