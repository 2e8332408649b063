"""What is shipped beside the executable: the bill of materials, the Debian package's parts, and the one version."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
STATUS = """\
Package: libpq5
Status: install ok installed
Architecture: amd64
Source: postgresql-17
Version: 17.6-0+deb13u1

Package: libstdc++6
Status: install ok installed
Architecture: amd64
Source: gcc-14 (14.2.0-19)
Version: 1:14.2.0-19

Package: vim
Status: deinstall ok config-files
Architecture: amd64
Version: 2:9.1
"""


def run(*command: str, **more: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False, **more)


def version() -> str:
    return re.search(r"project\(ticketd VERSION (\S+)", (CHECKOUT / "CMakeLists.txt").read_text())[1]


class Sbom(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        for path, text in {
            "var/lib/dpkg/status": STATUS,
            "etc/os-release": 'ID=debian\nVERSION_ID="13"\n',
            "usr/local/share/ticketd/compiled-in": "libcli11-dev\t2.4.1\tall\tcli11\t2.4.1+ds-1\tii \n",
        }.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)

    def bill(self) -> dict:
        result = run(CHECKOUT / "scripts/sbom", "--root", self.root)
        self.assertEqual(result.stderr, "")
        return json.loads(result.stdout)

    def test_lists_what_is_installed_and_what_was_compiled_in(self):
        packages = {each["name"]: each for each in self.bill()["packages"]}
        self.assertEqual(set(packages), {self.root.name, "ticketd", "libpq5", "libstdc++6", "libcli11-dev"})
        self.assertEqual(packages["ticketd"]["versionInfo"], version())
        self.assertEqual(packages["libpq5"]["versionInfo"], "17.6-0+deb13u1")
        self.assertEqual(packages["libpq5"]["sourceInfo"], "built from postgresql-17 17.6-0+deb13u1")
        self.assertEqual(
            packages["libstdc++6"]["externalRefs"][0]["referenceLocator"],
            "pkg:deb/debian/libstdc%2B%2B6@1%3A14.2.0-19?arch=amd64&distro=debian-13",
        )

    def test_every_package_is_related_and_every_relation_has_its_package(self):
        bill = self.bill()
        known = {each["SPDXID"] for each in bill["packages"]} | {bill["SPDXID"]}
        self.assertEqual(len(known), len(bill["packages"]) + 1)
        for identity in known:
            self.assertRegex(identity, r"^SPDXRef-[A-Za-z0-9.-]+$")
        related = {relation["relatedSpdxElement"] for relation in bill["relationships"]}
        self.assertEqual(related | {bill["SPDXID"]}, known)
        self.assertLessEqual({relation["spdxElementId"] for relation in bill["relationships"]}, known)

    def test_what_is_no_system_is_one_line(self):
        result = run(CHECKOUT / "scripts/sbom", "--root", self.root / "etc")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, r"^sbom: .*var/lib/dpkg.*\n$")


class Version(unittest.TestCase):
    def test_is_the_same_wherever_it_is_written(self):
        dockerfile = (CHECKOUT / "deploy/Dockerfile").read_text()
        self.assertEqual(re.search(r"^ARG VERSION=(.*)$", dockerfile, re.MULTILINE)[1], version())
        newest = re.search(r"^## (\d\S*)", (CHECKOUT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
        self.assertEqual(newest, version())

    def test_the_package_has_the_releases_of_the_changelog(self):
        with (CHECKOUT / "CHANGELOG.md").open() as changelog:
            result = run(
                "/usr/bin/python3", "-B", CHECKOUT / "scripts/lib/debian_changelog.py", "A B <a@b.c>", stdin=changelog
            )
        entries = re.findall(r"^ticketd \((.*)\) unstable; urgency=medium$", result.stdout, re.MULTILINE)
        self.assertEqual(entries[0], version())
        self.assertEqual(len(re.findall(r"^ -- A B <a@b\.c>  \w{3}, \d\d ", result.stdout, re.MULTILINE)), len(entries))
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)


class Images(unittest.TestCase):
    """Of a checkout that was made under umask 077: its files are readable by who made it, and by nobody in a container."""

    def test_nothing_of_the_checkout_is_mounted(self):
        services = (CHECKOUT / "deploy/services.yaml").read_text()
        self.assertEqual(re.findall(r"(?:^\s*- |[\[\s\"'])(\.{1,2}/\S*:)", services, re.MULTILINE), [])

    def test_what_is_copied_into_an_image_that_runs_says_its_mode(self):
        copies = re.findall(r"^\s*COPY .*$", (CHECKOUT / "deploy/services.yaml").read_text(), re.MULTILINE)
        copies += re.findall(
            r"^COPY .*$", (CHECKOUT / "deploy/Dockerfile").read_text().split("\nFROM ")[-1], re.MULTILINE
        )
        for dockerfile in (CHECKOUT / "deploy/airgap").glob("*/Dockerfile"):
            copies += re.findall(r"^COPY .*$", dockerfile.read_text(), re.MULTILINE)
        self.assertGreaterEqual(len(copies), 6)
        for line in copies:
            self.assertRegex(line, r"--chmod=\d|--from=")

    def test_a_health_check_asks_no_proxy(self):
        for path in ("deploy/services.yaml", "deploy/Dockerfile"):
            for line in re.findall(r"^.*\bcurl\W.*-f.*$", (CHECKOUT / path).read_text(), re.MULTILINE):
                self.assertRegex(line, "--noproxy|--unix-socket", path)


class Completion(unittest.TestCase):
    def complete(self, *words: str) -> list[str]:
        """What bash would offer for the last one of the words, which it has parted at `=`."""
        with tempfile.TemporaryDirectory() as directory:
            program = pathlib.Path(directory, "ticketd")
            program.write_text(
                "#!/bin/sh\n"
                "printf '%s\\n' '  -h,--help    help' '  --role ROLE    --not this one'"
                " '  --hold-seconds N    how long' '       --nor this'\n"
            )
            program.chmod(0o755)
            script = (
                f'source {CHECKOUT}/deploy/debian/completions/ticketd; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
                '_ticketd "$1"; printf "%s\\n" "${COMPREPLY[@]}"'
            )
            return run("bash", "-c", script, "bash", program, *words).stdout.split()

    def test_flags_are_those_of_help(self):
        self.assertEqual(self.complete("--"), ["--help", "--role", "--hold-seconds"])
        self.assertEqual(self.complete("--role", "=", "api", "--ho"), ["--hold-seconds"])
        self.assertEqual(self.complete(""), ["--help", "--role", "--hold-seconds"])

    def test_values_of_a_flag(self):
        self.assertEqual(self.complete("--role", ""), ["api", "worker", "payments"])
        self.assertEqual(self.complete("--role", "="), ["api", "worker", "payments"])
        self.assertEqual(self.complete("--role", "=", "w"), ["worker"])
        self.assertEqual(self.complete("--payments", "=", "o"), ["on", "off"])
        self.assertEqual(self.complete("--hold-seconds", "=", "3"), [])

    def test_choices_are_those_of_the_table_of_flags(self):
        flags = (CHECKOUT / "src/config/command_line.cpp").read_text()
        on_or_off = set(re.findall(r'flag\{\w+, "([a-z-]+)", "on\|off"', flags))
        for flag in on_or_off:
            self.assertEqual(self.complete(f"--{flag}", "="), ["on", "off"], flag)


class Unit(unittest.TestCase):
    def test_is_restarted_but_for_a_wrong_setting(self):
        unit = (CHECKOUT / "deploy/debian/ticketd@.service").read_text()
        for line in ("Type=notify", "Restart=always", "RestartPreventExitStatus=2", "ExecStart=/usr/bin/ticketd"):
            self.assertIn(f"\n{line}\n", unit)
        # Beats come once a second, or twice as often as this: a few may be late.
        self.assertGreaterEqual(int(re.search(r"^WatchdogSec=(\d+)$", unit, re.MULTILINE)[1]), 5)

    def test_example_settings_are_settings(self):
        known = {
            f"TICKETD_{flag.upper().replace('-', '_')}"
            for flag in re.findall(r'flag\{\w+, "([a-z-]+)"', (CHECKOUT / "src/config/command_line.cpp").read_text())
        }
        for path in (CHECKOUT / "deploy/debian/configuration").iterdir():
            for name in re.findall(r"^#?(TICKETD_\w+)=", path.read_text(), re.MULTILINE):
                self.assertIn(name, known, path.name)


if __name__ == "__main__":
    unittest.main()
