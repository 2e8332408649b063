"""The lab of the end-to-end tests, which these share, and the tools that they look at it with."""

import os
import pathlib
import subprocess

from harness.laboratory import ROOT, Laboratory

TOOLS = ROOT / "build/tools"  # where scripts/install-packages puts them


def install_tools() -> None:
    subprocess.run([ROOT / "scripts/install-packages", "openapi"], check=True, stdin=subprocess.DEVNULL)


def the_lab() -> Laboratory:
    """With nothing in it of tests that used it before: where an event's secret is missing, no made-up id is a 404."""
    directory = pathlib.Path(os.environ.get("TICKETD_LAB_DIR", ROOT / ".lab-test"))
    lab = Laboratory(directory, int(os.environ.get("TICKETD_LAB_PORT_OFFSET", "9000")))
    lab.run("down", "--wipe")
    return lab


def admin_token(lab: Laboratory) -> str:
    return pathlib.Path(lab.facts()["admin_token_file"]).read_text().strip()
