"""What scripts/lab evolve and minute have in common: files that are whole, logs that outlive the lab, and how they end."""

import contextlib
import pathlib
import shutil
import sys
from collections.abc import Callable

from .laboratory import Failure

INTERRUPTED = 130


def write_whole(path: pathlib.Path, text: str) -> None:
    """All of it or none."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text)
    temporary.replace(path)


def keep_logs(lab: pathlib.Path, report: pathlib.Path) -> None:
    """Of what went wrong: the lab itself is about to be wiped."""
    with contextlib.suppress(OSError):  # the disk may be full
        shutil.rmtree(report / "logs", ignore_errors=True)
        shutil.copytree(lab / "logs", report / "logs")


def exit_with(main: Callable[[], int]) -> None:
    """Ends the program with the status of `main`; of what stops it, with one line."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except (Failure, OSError) as failure:
        print(f"lab: {failure}", file=sys.stderr)
        sys.exit(1)
