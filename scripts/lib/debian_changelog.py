"""CHANGELOG.md, which comes by standard input, in the form of a Debian package's changelog: the releases, newest first."""

import datetime
import re
import sys
import textwrap

RELEASE = re.compile(r"## (\d+\.\d+\.\d+) - (\d{4}-\d{2}-\d{2})$")
WIDTH = 78


def releases(text: str) -> list[tuple[str, str, list[str]]]:
    """Version, date and changes of each. What stands under `## Unreleased` is left out."""
    found: list[tuple[str, str, list[str]]] = []
    is_inside = False
    for line in text.splitlines():
        if line.startswith("## "):
            match = RELEASE.match(line)
            is_inside = match is not None
            if match:
                found.append((match[1], match[2], []))
        elif is_inside and line.startswith("- "):
            found[-1][2].append(line.removeprefix("- "))
        elif is_inside and line.startswith("  ") and found[-1][2]:
            found[-1][2][-1] += " " + line.strip()
    return found


def entry(version: str, date: str, changes: list[str], maintainer: str) -> str:
    day = datetime.date.fromisoformat(date)
    lines = [f"ticketd ({version}) unstable; urgency=medium", ""]
    for change in changes:
        lines += textwrap.wrap(change, WIDTH, initial_indent="  * ", subsequent_indent="    ")
    lines += ["", f" -- {maintainer}  {day.strftime('%a, %d %b %Y 00:00:00 +0000')}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    print("\n".join(entry(*release, sys.argv[1]) for release in releases(sys.stdin.read())), end="")
