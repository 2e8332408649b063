"""What a benchmark needs of the release build, made where it is not there yet or has changed."""

import pathlib
import subprocess

from .laboratory import ROOT, Failure

DIRECTORY = ROOT / "build/release"


def target(name: str) -> pathlib.Path:
    """The bench's executable of that name."""
    for command in (
        ["cmake", "--preset", "release"],
        ["cmake", "--build", "--preset", "release", "--target", name],
    ):
        done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
        if done.returncode:
            raise Failure(f"{name} does not build: {(done.stderr or done.stdout).strip()[-300:]}")
    return DIRECTORY / "bench" / name
