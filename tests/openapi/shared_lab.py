"""The lab of the end-to-end tests, which these share, and the tools that they look at it with."""

import os
import pathlib
import subprocess

from harness.laboratory import ROOT, Laboratory

TOOLS = ROOT / "build/tools"  # where scripts/install-packages puts them


def install_tools() -> None:
    subprocess.run([ROOT / "scripts/install-packages", "openapi"], check=True, stdin=subprocess.DEVNULL)


def the_lab() -> Laboratory:
    directory = pathlib.Path(os.environ.get("TICKETD_LAB_DIR", ROOT / ".lab-test"))
    return Laboratory(directory, int(os.environ.get("TICKETD_LAB_PORT_OFFSET", "9000")))


def admin_token(lab: Laboratory) -> str:
    return pathlib.Path(lab.facts()["admin_token_file"]).read_text().strip()
