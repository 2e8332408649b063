"""What the tests of scripts/lab evolve and minute have in common: a lab's directory of their own, and an end in time."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from harness.laboratory import ROOT

LAB = os.environ.get("TICKETD_TEST_LAB", str(ROOT / "scripts/lab"))


class LabRun(unittest.TestCase):
    """A test case whose lab is `self.lab`, below `self.scratch`; both are gone after each test."""

    limit = 300  # seconds for a whole run

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(os.path.realpath(scratch.name))
        self.lab = self.scratch / "lab"

    def environment(self, **variables: str) -> dict[str, str]:
        return os.environ | {"TICKETD_LAB_DIR": str(self.lab)} | variables

    def begin(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Starts scripts/lab with these arguments, and does not wait for it."""
        return subprocess.Popen(
            [LAB, *arguments],
            env=self.environment(**variables),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end(self, run: subprocess.Popen[str]) -> tuple[str, str]:
        """What it said, on standard output and on standard error."""
        try:
            return run.communicate(timeout=self.limit)
        finally:
            run.kill()

    def do(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs scripts/lab with these arguments to its end."""
        return subprocess.run([LAB, *arguments], check=False, env=self.environment(), text=True, capture_output=True)

    def check_clean(self, run: str) -> None:
        """Neither that run's own lab nor a process of it is left."""
        self.assertFalse((self.lab / run).exists())
        self.assertEqual([pid for pid in filter(str.isdigit, os.listdir("/proc")) if self._is_of_run(pid)], [])

    def _is_of_run(self, pid: str) -> bool:
        """A service of it, or what loads it."""
        try:
            return (
                os.readlink(f"/proc/{pid}/cwd").startswith(str(self.lab))
                or str(self.scratch).encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            )
        except OSError:
            return False
