"""Two runs within one lab's directory would measure each other."""

import contextlib
import fcntl
import pathlib
from collections.abc import Iterator

from .laboratory import Failure


@contextlib.contextmanager
def at_work(lock: pathlib.Path) -> Iterator[None]:
    with open(lock, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failure("another scripts/lab evolve or minute is at work here") from None
        yield
