"""Runs that fail: each ends with a clear line and leaves nothing behind. A k6 that is made up stands in for the real one."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

LAB = os.environ["TICKETD_TEST_LAB"]
LIMIT = 120  # seconds for a whole run

FAILS = """#!/bin/sh
echo 'level=error msg="the moon is full"' >&2
exit 107
"""
# Buys nothing, and reports a read every twentieth of a second, as the real one would.
GOES_ON = """#!/usr/bin/python3 -u
import re, sys, time
path = re.search(r"csv=(\\S+)", " ".join(sys.argv))
if path:
    with open(path[1], "w", buffering=1) as out:
        out.write("metric_name,timestamp,metric_value,name,status\\n")
        while True:
            out.write(f"http_req_duration,{int(time.time())},1.5,availability,200\\n")
            time.sleep(0.05)
"""


class Runs(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(os.path.realpath(scratch.name))
        self.lab = self.scratch / "lab"
        (self.scratch / "bin").mkdir()

    def start(self, k6: str, **variables: str) -> subprocess.Popen[str]:
        program = self.scratch / "bin/k6"
        program.write_text(k6)
        program.chmod(0o755)
        environment = (
            os.environ
            | {"TICKETD_LAB_DIR": str(self.lab), "PATH": f"{program.parent}:{os.environ['PATH']}"}
            | variables
        )
        return subprocess.Popen(
            [LAB, "evolve", "--phases", "1"],
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end(self, run: subprocess.Popen[str]) -> tuple[str, str]:
        try:
            return run.communicate(timeout=LIMIT)
        finally:
            run.kill()

    def check_failed(self, run: subprocess.Popen[str], why: str) -> None:
        _output, errors = self.end(run)
        self.assertEqual(run.returncode, 1, errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertIn(why, errors)
        self.check_clean()

    def check_clean(self) -> None:
        self.assertFalse((self.lab / "evolve").exists())
        self.assertEqual([pid for pid in filter(str.isdigit, os.listdir("/proc")) if self.works_in_lab(pid)], [])

    def works_in_lab(self, pid: str) -> bool:
        """A service of it, or the k6 that stands in."""
        try:
            return (
                os.readlink(f"/proc/{pid}/cwd").startswith(str(self.lab))
                or str(self.scratch).encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            )
        except OSError:
            return False

    def test_k6_fails(self):
        self.check_failed(self.start(FAILS), "the moon is full")
        self.assertTrue((self.lab / "report/logs/api-1.log").exists())

    def test_a_service_does_not_start(self):
        self.check_failed(self.start(GOES_ON, TICKETD_LAB_BINARY="/bin/false"), "is not ready")

    def test_the_disk_is_full(self):
        self.lab.mkdir()
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(self.lab)], check=False, capture_output=True
        ).returncode:
            self.skipTest("only root may make a disk that is full")
        self.addCleanup(subprocess.run, ["umount", str(self.lab)], check=True)
        self.check_failed(self.start(GOES_ON), "MB are free")

    def start_and_measure(self) -> subprocess.Popen[str]:
        run = self.start(GOES_ON)
        requests = self.lab / "evolve/spike/requests.csv"
        limit = time.monotonic() + LIMIT
        while (
            run.poll() is None
            and time.monotonic() < limit
            and not (requests.exists() and requests.stat().st_size > 2000)
        ):
            time.sleep(0.1)
        return run

    def test_a_second_ctrl_c_leaves_nothing_behind(self):
        run = self.start_and_measure()
        for _ in range(3):
            run.send_signal(signal.SIGINT)
            time.sleep(0.1)  # between the two, not a wait for the run
        self.end(run)
        self.assertEqual(run.returncode, 130)
        self.check_clean()

    def test_a_closed_terminal_leaves_nothing_behind(self):
        run = self.start_and_measure()
        run.send_signal(signal.SIGHUP)
        self.end(run)
        self.assertEqual(run.returncode, 130)
        self.check_clean()

    def test_the_users_lab_is_not_wiped_under_a_run(self):
        run = self.start_and_measure()
        wipe = subprocess.run(
            [LAB, "down", "--wipe"],
            check=False,
            env=os.environ | {"TICKETD_LAB_DIR": str(self.lab)},
            text=True,
            capture_output=True,
        )
        self.assertEqual(wipe.returncode, 1)
        self.assertIn("evolve is at work here", wipe.stderr)
        run.send_signal(signal.SIGINT)
        self.end(run)
        self.check_clean()
        subprocess.run(
            [LAB, "down", "--wipe"],
            env=os.environ | {"TICKETD_LAB_DIR": str(self.lab)},
            check=True,
            capture_output=True,
        )
        self.assertTrue((self.lab / "report/index.html").exists())

    def test_what_is_no_recording_is_one_clear_line(self):
        report = self.lab / "report"
        report.mkdir(parents=True)
        (self.lab / ".ticketd-lab").touch()
        for text in ("{", "[]", "{}", '{"about": {}, "phases": [{}], "failure": null}'):
            (report / "recording.json").write_text(text)
            done = subprocess.run(
                [LAB, "evolve", "--report-only"],
                check=False,
                env=os.environ | {"TICKETD_LAB_DIR": str(self.lab)},
                text=True,
                capture_output=True,
            )
            self.assertEqual(done.returncode, 1, text)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn("no recording", done.stderr)

    def test_an_interrupted_run_keeps_what_it_measured(self):
        run = self.start_and_measure()
        run.send_signal(signal.SIGINT)
        _output, errors = self.end(run)
        self.assertEqual(run.returncode, 130, errors)
        self.assertIn("interrupted", errors)
        recording = json.loads((self.lab / "report/recording.json").read_text())
        self.assertTrue(recording["phases"][0]["seconds"])
        self.assertIn("monolith, unfinished", (self.lab / "report/index.html").read_text())
        self.check_clean()


if __name__ == "__main__":
    unittest.main()
