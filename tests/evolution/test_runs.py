"""Runs that fail: each ends with a clear line and leaves nothing behind. A k6 that is made up stands in for the real one."""

import json
import os
import signal
import subprocess
import time
import unittest

from lab_run import LabRun

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


class Runs(LabRun):
    def setUp(self):
        super().setUp()
        (self.scratch / "bin").mkdir()

    def start(self, k6: str, **variables: str) -> subprocess.Popen[str]:
        program = self.scratch / "bin/k6"
        program.write_text(k6)
        program.chmod(0o755)
        return self.begin("evolve", "--phases", "1", PATH=f"{program.parent}:{os.environ['PATH']}", **variables)

    def check_failed(self, run: subprocess.Popen[str], why: str) -> None:
        _output, errors = self.end(run)
        self.assertEqual(run.returncode, 1, errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertIn(why, errors)
        self.check_clean("evolve")

    def test_k6_fails(self):
        self.check_failed(self.start(FAILS), "the moon is full")
        self.assertTrue((self.lab / "report/logs/api-1.log").exists())

    def test_a_service_does_not_start(self):
        binary = self.scratch / "ticketd"
        binary.write_text('#!/bin/sh\n[ "$1" = --migrate ]\n')
        binary.chmod(0o755)
        self.check_failed(self.start(GOES_ON, TICKETD_LAB_BINARY=str(binary)), "is not ready")

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
        limit = time.monotonic() + self.limit
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
        self.check_clean("evolve")

    def test_a_closed_terminal_leaves_nothing_behind(self):
        run = self.start_and_measure()
        run.send_signal(signal.SIGHUP)
        self.end(run)
        self.assertEqual(run.returncode, 130)
        self.check_clean("evolve")

    def test_the_users_lab_is_not_wiped_under_a_run(self):
        run = self.start_and_measure()
        wipe = self.do("down", "--wipe")
        self.assertEqual(wipe.returncode, 1)
        self.assertIn("evolve is at work here", wipe.stderr)
        run.send_signal(signal.SIGINT)
        self.end(run)
        self.check_clean("evolve")
        self.assertEqual(self.do("down", "--wipe").returncode, 0)
        self.assertTrue((self.lab / "report/index.html").exists())

    def test_what_is_no_recording_is_one_clear_line(self):
        report = self.lab / "report"
        report.mkdir(parents=True)
        (self.lab / ".ticketd-lab").touch()
        for text in ("{", "[]", "{}", '{"about": {}, "phases": [{}], "failure": null}'):
            (report / "recording.json").write_text(text)
            done = self.do("evolve", "--report-only")
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
        self.check_clean("evolve")


if __name__ == "__main__":
    unittest.main()
