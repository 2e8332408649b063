"""Ctrl-C, a kill, and a terminal that is closed: each ends a run in the same way, and what must not be cut in two is not."""

import contextlib
import signal
from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _State:
    holds = 0
    is_pending = False
    is_over = False  # one is enough: from then on everything clears up


def listen() -> None:
    """From here on each of them is a KeyboardInterrupt. SIGINT too: who is started in the background has it ignored."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(*_: object) -> None:
    if _State.is_over:
        return
    if _State.holds:
        _State.is_pending = True
        return
    _State.is_over = True
    raise KeyboardInterrupt


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Whatever comes meanwhile takes effect at the end."""
    _State.holds += 1
    try:
        yield
    finally:
        _State.holds -= 1
    if _State.is_pending and not _State.holds:
        _State.is_pending, _State.is_over = False, True
        raise KeyboardInterrupt
