"""Runs the phases and writes the report. Called by scripts/lab evolve, which checks its arguments."""

import argparse
import json
import os
import pathlib
import sys
import time

from harness import interruption, machine, only_one, settings
from harness.lab_run import INTERRUPTED, exit_with, keep_logs, write_whole
from harness.laboratory import ROOT, Failure, Laboratory, number_of

from .phase_run import PhaseRun
from .plan import JITTER_MS, LATENCY_MS, PACES, PHASES, RUSH_BUYERS, SANDBOX, USERS_PER_SECOND
from .progress import Progress
from .report import Report, library


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evolution")
    parser.add_argument("--pace", choices=PACES, required=True)
    parser.add_argument(
        "--phases", required=True, type=lambda text: [PHASES[int(number) - 1] for number in text.split(",")]
    )
    parser.add_argument("--lab", type=pathlib.Path, required=True)
    parser.add_argument("--port-offset", type=int, required=True)
    parser.add_argument("--report", type=pathlib.Path, required=True)
    parser.add_argument("k6", nargs="*", help="the command that runs it; none: only the report is made again")
    return parser.parse_args(arguments)


def about(options: argparse.Namespace) -> dict:
    return {
        "when": time.strftime("%Y-%m-%d %H:%M %Z"),
        "pace": options.pace,
        "users": USERS_PER_SECOND,
        "machine": machine.describe(),
        "cores": machine.cores(),
        "versions": machine.versions(options.k6, ROOT),
        "latency_ms": number_of("TICKETD_SANDBOX_LATENCY_MS", LATENCY_MS),
        "jitter_ms": number_of("TICKETD_SANDBOX_JITTER_MS", JITTER_MS),
        "charges_max": number_of("TICKETD_CHARGES_IN_FLIGHT", 64),
        "settings": settings.changed(os.environ),
    }


def measure(options: argparse.Namespace, recording: dict) -> None:
    """Fills the recording, phase by phase; always leaves the machine as it was."""
    lab = Laboratory(options.lab, options.port_offset, SANDBOX)
    progress = Progress(options.phases, PACES[options.pace])
    lab.wipe()  # what a run that was cut off may have left
    try:
        for phase in options.phases:
            run = PhaseRun(lab, phase, PACES[options.pace], USERS_PER_SECOND, options.k6, progress.show)
            try:
                run.run()
            except (Failure, OSError) as failure:
                keep_logs(options.lab, options.report)
                said = str(failure).replace(str(options.lab / "logs"), str(options.report / "logs"))
                run.failure = f"phase {phase.number}, {run.stage}: {said} (all logs: {options.report / 'logs'})"
                raise Failure(run.failure) from failure
            finally:
                recording["phases"].append(run.recording())
    finally:
        with interruption.held():  # or servers would be left behind
            progress.say("stopping the servers")
            lab.wipe()
            progress.clear()


def write_report(directory: pathlib.Path, recording: dict) -> Report:
    report = Report(json.loads(json.dumps(recording)), RUSH_BUYERS)
    write_whole(directory / "index.html", report.html())
    write_whole(directory / "table.md", report.markdown())
    return report


def write_report_again(directory: pathlib.Path) -> Report:
    path = directory / "recording.json"
    try:
        return write_report(directory, json.loads(path.read_text()))
    except (ValueError, LookupError, TypeError, AttributeError) as broken:
        raise Failure(f"this is no recording of a run, or one of another version: {path}") from broken


def run(options: argparse.Namespace) -> int:
    library()  # found missing after the run it would be a pity
    recording = {"about": about(options), "phases": [], "failure": None}
    status = 0
    try:
        measure(options, recording)
        if any(phase["audit"] and not phase["audit"]["passed"] for phase in recording["phases"]):
            status = 1  # the report says in which phase, and what
    except KeyboardInterrupt:
        recording["failure"], status = "The run was interrupted.", INTERRUPTED
    except Failure as failure:
        recording["failure"], status = str(failure), 1
    if recording["failure"]:
        print(f"lab: {recording['failure']}", file=sys.stderr)
    if any(phase["seconds"] for phase in recording["phases"]):
        write_whole(options.report / "recording.json", json.dumps(recording, separators=(",", ":")))
        show(options, write_report(options.report, recording))
    return status


def show(options: argparse.Namespace, report: Report) -> None:
    for line in report.terminal():
        print(line)
    print(f"The report: {options.report / 'index.html'}\nIts table in Markdown: {options.report / 'table.md'}")


def main() -> int:
    interruption.listen()
    options = parse(sys.argv[1:])
    options.report.mkdir(parents=True, exist_ok=True)
    with only_one.at_work(options.report / "lock"):
        if options.k6:
            return run(options)
        show(options, write_report_again(options.report))
        return 0


if __name__ == "__main__":
    exit_with(main)
