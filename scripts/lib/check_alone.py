"""Runs a compiler or clang-tidy over C++ files, each alone: check_alone.py compiler|clang-tidy BUILD_DIRECTORY FILE...

BUILD_DIRECTORY is configured and holds a compile_commands.json. A header is checked through a file that includes it and
nothing else, with the flags of a source that uses it, so that it has to name what it uses. The compiler is spared the
headers that any source includes before all else: the build says it of them.
Prints what the tool says of the files that fail, and exits with 1 if any does. CLANG_TIDY names the clang-tidy.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
INCLUDE_FOLDERS = ("include", "src", "roles", "tests")
DIAGNOSTIC = re.compile(r"^(/[^:\n]+):\d+:\d+: (?:error|warning): .*\[(.+?)(?:,-warnings-as-errors)?\]$", re.MULTILINE)
# To clang's static analyzer the frame of an awaited Asio coroutine is an uninitialised pointer. That is said of Asio's own
# lines, to which it comes from ours; what it says of ours counts.
FALSE_ALARMS = {
    ("asio/impl/awaitable.hpp", "clang-analyzer-core.CallAndMessage"),
    ("asio/impl/awaitable.hpp", "clang-analyzer-core.NullDereference"),
}
INCLUDE = re.compile(r'^#include ["<]([^">]+)', re.MULTILINE)


def includes_of(file: str) -> list[str]:
    """What a file includes, in its order: our own files by their paths in the checkout, "" for any other."""
    folders = (PurePosixPath(file).parent, *(PurePosixPath(folder) for folder in INCLUDE_FOLDERS))
    names = INCLUDE.findall((ROOT / file).read_text())
    return [next((str(folder / name) for folder in folders if (ROOT / folder / name).is_file()), "") for name in names]


def users_of_headers(sources: Iterable[str]) -> dict[str, str]:
    """For each header that the sources reach, the first of them that does."""
    users: dict[str, str] = {}
    for source in sources:
        unseen = includes_of(source)
        while unseen:
            header = unseen.pop()
            if header and header not in users:
                users[header] = source
                unseen += includes_of(header)
    return users


def without_output(arguments: list[str]) -> list[str]:
    """A compiler's arguments but for the source, `-c` and `-o OUTPUT`, and without the launcher before the compiler."""
    compiler = next(i for i, argument in enumerate(arguments) if Path(argument).name in ("c++", "g++"))
    kept = arguments[compiler:]
    output = kept.index("-o")
    del kept[output : output + 2]
    return [argument for argument in kept if argument != "-c"][:-1]


def flags_of_sources(build: Path) -> dict[str, list[str]]:
    """The compiler and its flags for each source of ours, by its path in the checkout."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = Path(entry["file"])
        if source.is_relative_to(ROOT) and not source.is_relative_to(build):
            flags[str(source.relative_to(ROOT))] = without_output(shlex.split(entry["command"]))
    return flags


def stand_in(file: str, folder: Path) -> Path:
    """A source that includes the header, and nothing else."""
    source = folder / f"{file}.cpp"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(f'#include "{ROOT / file}"\n')
    return source


def units_of(files: list[str], are_built: bool, build: Path, folder: Path) -> dict[str, dict]:
    """An entry of a compile database for each file; none for a header that a source among them, or one that is built,
    includes before all else."""
    flags = flags_of_sources(build)
    users = users_of_headers(flags)
    led = {included for file in (flags if are_built else files) if file in flags for included in includes_of(file)[:1]}
    units = {}
    for file in files:
        if file in led:
            continue
        if file not in flags and file not in users:
            sys.exit(f"{file} is in no target of the build, and nothing there includes it")
        source = ROOT / file if file in flags else stand_in(file, folder)
        arguments = flags[file if file in flags else users[file]]
        units[file] = {"directory": str(build), "file": str(source), "arguments": [*arguments, "-c", str(source)]}
    return units


def command_of(tool: str, unit: dict, folder: Path) -> list[str]:
    if tool != "clang-tidy":
        return [*unit["arguments"], "-fsyntax-only"]
    return [os.environ["CLANG_TIDY"], "--quiet", "-p", str(folder), unit["file"]]


def has_failed(done: subprocess.CompletedProcess) -> bool:
    """Not where all that it says is a false alarm."""
    if done.returncode == 0:
        return False
    said = DIAGNOSTIC.findall(done.stdout)
    return not said or any(
        not any(file.endswith(place) and check == false for place, false in FALSE_ALARMS) for file, check in said
    )


def main(tool: str, build_directory: str, *files: str) -> int:
    build = Path(build_directory).resolve()
    folder = build / "alone"
    folder.mkdir(exist_ok=True)
    units = units_of(list(files), tool == "compiler", build, folder)
    (folder / "compile_commands.json").write_text(json.dumps(list(units.values()), indent=1))

    def run(file: str) -> subprocess.CompletedProcess:
        unit = units[file]
        return subprocess.run(
            command_of(tool, unit, folder),
            cwd=unit["directory"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, done in zip(units, pool.map(run, units), strict=True):
            if has_failed(done):
                failed += 1
                print(f"{file}:\n{done.stdout}", flush=True)
    print(f"{len(units)} files checked, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
