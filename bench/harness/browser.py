"""A headless Chromium with a profile of its own, which looks at one page."""

import pathlib
import shutil
import subprocess
import tempfile

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LIMIT = 120  # seconds


def is_here() -> bool:
    return shutil.which("chromium") is not None


def look_at(page: str, width: int, height: int, *flags: str) -> str:
    """What it prints."""
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "index.html")
        path.write_text(page)
        return visit(path.as_uri(), width, height, *flags).stdout


def visit(url: str, width: int, height: int, *flags: str) -> subprocess.CompletedProcess[str]:
    """What it prints, and what it says of it."""
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            ["chromium", *_FLAGS, *flags, f"--user-data-dir={profile}", f"--window-size={width},{height}", url],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
        )
