"""What every benchmark's command has in common: options, the header, an end that leaves nothing running."""

import argparse
import contextlib
import pathlib
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

from . import interruption, machine, reference, wrk
from .laboratory import ROOT, Failure, Laboratory, number_of

# Puts the servers' ports above those that the kernel gives to outgoing connections (32768 to 60999), and beside a user's
# lab. Another one by TICKETD_LAB_PORT_OFFSET, for two checkouts on one machine.
PORT_OFFSET = 7000
T = TypeVar("T")


def parser(
    about: str | None, rounds: int = 3, seconds: int = 10, connections: int | None = 400
) -> argparse.ArgumentParser:
    """Without connections for an open loop, which takes as many as it needs."""
    result = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    result.add_argument("--rounds", type=at_least(1), default=rounds)
    result.add_argument("--seconds", type=at_least(1), default=seconds)
    if connections:
        result.add_argument("--connections", type=at_least(1), default=connections)
    return result


def at_least(least: int):
    def whole_number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is less than {least}")
        return value

    return whole_number


def one_of(choices: Collection[str]) -> Callable[[str], str]:
    def choice(text: str) -> str:
        if text not in choices:
            raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(choices)}")
        return text

    return choice


def list_of(each: Callable[[str], T]) -> Callable[[str], list[T]]:
    """With commas between them, each of them once."""

    def values(text: str) -> list[T]:
        return list(dict.fromkeys(each(part) for part in text.split(",")))

    return values


@contextlib.contextmanager
def laboratory(settings: Mapping[str, str] | None = None, root: pathlib.Path = ROOT) -> Iterator[Laboratory]:
    """A lab of the benchmarks' own, wiped at the end however it comes. A failure is one line."""
    lab = Laboratory(root / ".lab-bench", port_offset(), settings, root)
    interruption.listen()
    wrk.raise_file_limit()
    try:
        subprocess.run([ROOT / "scripts/install-packages", "load"], check=True, stdin=subprocess.DEVNULL)
        yield lab
    except Failure as failure:
        raise SystemExit(f"{pathlib.Path(sys.argv[0]).name}: {failure}") from failure
    except subprocess.CalledProcessError as failure:
        raise SystemExit(failure.returncode) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    finally:
        with interruption.held():
            lab.wipe()


def port_offset() -> int:
    return number_of("TICKETD_LAB_PORT_OFFSET", PORT_OFFSET)


def yardstick(lab: Laboratory) -> reference.Reference:
    return reference.Reference(lab.directory / "reference", 8200 + port_offset())


def print_header() -> None:
    say(machine.describe())
    say(machine.versions(["true"], ROOT))


def say(line: str = "") -> None:
    print(line, flush=True)


def print_cpu(rounds: list[dict[str, float]]) -> None:
    middle = sorted(rounds, key=lambda parts: sum(parts.values()))[len(rounds) // 2]
    say("CPU-microseconds an order, of the middle round:")
    for line in cpu_table(middle):
        say(line)


def cpu_table(parts: Mapping[str, float]) -> list[str]:
    """CPU-microseconds an order, the largest first, and their sum."""
    rows = [f"  {name:<20} {used:7.1f}" for name, used in parts.items() if used >= 0.05]
    return [*rows, f"  {'sum':<20} {sum(parts.values()):7.1f}"]
