"""The line that a person watches while something runs; nothing where nobody does."""

import shutil
import sys


class TerminalLine:
    def __init__(self) -> None:
        self.is_watched = sys.stderr.isatty()

    def write(self, text: str) -> None:
        if not self.is_watched:
            return
        width = shutil.get_terminal_size().columns
        try:
            sys.stderr.write(f"\r\033[K{text[: width - 1]}")
            sys.stderr.flush()
        except OSError:
            self.is_watched = False  # the terminal was closed; what is running is to be cleared up all the same

    def clear(self) -> None:
        self.write("")


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
