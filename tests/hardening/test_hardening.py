"""The executable has what cmake/hardening.cmake asks for, and every file of ours was compiled with it."""

import json
import os
import pathlib
import platform
import re
import subprocess
import unittest

EXECUTABLE = os.environ["TICKETD_EXECUTABLE"]
COMMANDS = pathlib.Path(os.environ["TICKETD_COMPILE_COMMANDS"])
ROOT = pathlib.Path(__file__).parents[2]
BRANCHES = {"x86_64": "-fcf-protection=full", "aarch64": "-mbranch-protection=standard"}


def read(*options: str) -> str:
    return subprocess.run(
        ["readelf", "--wide", *options, EXECUTABLE], check=True, capture_output=True, text=True, env={"LC_ALL": "C"}
    ).stdout


class Executable(unittest.TestCase):
    def test_is_position_independent(self):
        self.assertRegex(read("--file-header"), r"Type:\s+DYN \(Position-Independent Executable file\)")

    def test_binds_at_once_and_what_is_bound_is_read_only(self):
        self.assertRegex(read("--dynamic"), r"FLAGS.*\bNOW\b")
        self.assertIn("GNU_RELRO", read("--program-headers"))

    def test_has_no_stack_that_is_code(self):
        stack = re.search(r"GNU_STACK.*", read("--program-headers"))[0]
        self.assertRegex(stack, r"\bRW\b")

    def test_calls_what_checks(self):
        imported = set(re.findall(r"UND (\w+)", read("--dyn-syms")))
        self.assertIn("__stack_chk_fail", imported)
        self.assertTrue([name for name in imported if name.endswith("_chk")], "nothing is fortified")
        self.assertTrue([name for name in imported if "__glibcxx_assert_fail" in name], "libstdc++ asserts nothing")

    @unittest.skipUnless(platform.machine() == "x86_64", "endbr64 is a word of x86")
    def test_marks_where_it_may_be_jumped_to(self):
        code = subprocess.run(
            ["objdump", "--disassemble=main", "--no-show-raw-insn", EXECUTABLE],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        self.assertRegex(code, r"<main[^>]*>:\n[^\n]*endbr64")


class Commands(unittest.TestCase):
    def test_all_harden(self):
        wanted = [
            "-D_FORTIFY_SOURCE=3",
            "-D_GLIBCXX_ASSERTIONS",
            "-fstack-protector-strong",
            "-fstack-clash-protection",
        ]
        wanted += ["-fPIE", *filter(None, [BRANCHES.get(platform.machine())])]
        ours = 0
        for each in json.loads(COMMANDS.read_text()):
            if not {"src", "roles"} & set(pathlib.Path(each["file"]).relative_to(ROOT).parts[:1]):
                continue
            ours += 1
            given = each["command"].split()
            missing = [flag for flag in wanted if flag not in given]
            self.assertFalse(missing, each["file"])
            # Whichever comes last is taken.
            self.assertNotIn("-U_FORTIFY_SOURCE", given[given.index("-D_FORTIFY_SOURCE=3") :], each["file"])
            self.assertNotIn("-O0", given, each["file"])
        self.assertGreater(ours, 100)


if __name__ == "__main__":
    unittest.main()
