"""Runs the on-sale and draws it. Called by scripts/lab minute, which checks its arguments."""

import argparse
import json
import pathlib
import sys
import time

from harness import interruption, machine, only_one, wrk
from harness.lab_run import exit_with, keep_logs, write_whole
from harness.laboratory import ROOT, Failure, Laboratory
from harness.terminal_line import TerminalLine, clock

from . import curve, picture
from .on_sale import OnSale, count_final


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="minute")
    parser.add_argument("--tickets", type=int, required=True)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--payments", choices=("on", "off"), required=True)
    parser.add_argument("--lab", type=pathlib.Path, required=True)
    parser.add_argument("--port-offset", type=int, required=True)
    parser.add_argument("--report", type=pathlib.Path, required=True)
    parser.add_argument("--lock", type=pathlib.Path, required=True)
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    picture.load_library()  # found missing after the run it would be a pity
    recording = sell(options)
    recording["about"] = {
        "when": time.strftime("%Y-%m-%d"),
        "machine": machine.describe(),
        "versions": machine.versions(["true"], ROOT),
        "payments": options.payments,
    }
    write_whole(options.report / "minute.json", json.dumps(recording, separators=(",", ":")))
    pictures = picture.draw(recording, options.report)
    for breach in recording["figures"]["breaches"]:
        print(breach)
    print(recording["line"])
    print(f"The picture: {pictures[0]}, and beside it {', '.join(path.name for path in pictures[1:])}")
    return 0 if recording["is_good"] else 1


def sell(options: argparse.Namespace) -> dict:
    """Always leaves the machine as it was."""
    lab = Laboratory(options.lab, options.port_offset)
    progress = Progress()
    lab.wipe()  # what a run that was cut off may have left
    try:
        on_sale = OnSale(lab, options.tickets, options.seconds or curve.seconds_for(options.tickets), progress.show)
        return on_sale.run(options.payments)
    except Failure:
        keep_logs(options.lab, options.report)
        raise
    finally:
        with interruption.held():  # or servers would be left behind
            progress.line.write("stopping the servers")
            lab.wipe()
            progress.line.clear()


class Progress:
    def __init__(self) -> None:
        self.line = TerminalLine()

    def show(self, sale: OnSale) -> None:
        passed = time.time() - sale.began
        if not sale.began or passed < 0:
            self.line.write(sale.stage)
            return
        came = sum(sale.arrivals[: int(passed) + 1])
        answered = len(sale.crowd.ends)
        self.line.write(
            f"{clock(passed)} · {sale.stage} · {came:,} buyers came, {answered:,} have their answer, "
            f"{count_final(sale.samples):,.0f} orders are paid or refused"
        )


def main() -> int:
    interruption.listen()
    wrk.raise_file_limit()
    options = parse(sys.argv[1:])
    with only_one.at_work(options.lock):
        return run(options)


if __name__ == "__main__":
    exit_with(main)
