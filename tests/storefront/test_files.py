"""The files of the pages: the libraries as they were brought, and what Nginx is given, under a name of its contents."""

import gzip
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

from harness.laboratory import ROOT

SOURCE = ROOT / "deploy/storefront"
ASSETS = SOURCE / "assets"


class Libraries(unittest.TestCase):
    def test_are_as_they_were_brought_with_their_licences(self):
        vendor = ASSETS / "vendor"
        check = ["sha256sum", "--strict", "-c", "SHA256SUMS"]
        done = subprocess.run(check, check=False, cwd=vendor, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        listed = set(re.findall(r"^[0-9a-f]{64}  (.*)$", (vendor / "SHA256SUMS").read_text(), re.MULTILINE))
        self.assertEqual({path.name for path in vendor.iterdir()}, listed | {"SHA256SUMS"})
        for library in vendor.glob("*.js"):
            self.assertIn(f"{library.stem}.LICENSE", listed)
            self.assertIn(f"  '{library.stem} ", (ROOT / "scripts/vendor").read_text())


class Pages(unittest.TestCase):
    def test_the_first_view_loads_all_its_modules_at_once(self):
        """Each that the storefront's imports name stands in the page: none is found only when another one is there."""
        needed, seen = ["app.js"], set()
        while needed:
            name = needed.pop()
            if name in seen:
                continue
            seen.add(name)
            paths = re.findall(r"^(?:import|export)[^;]*?'(\.[^']+)'", (ASSETS / name).read_text(), re.MULTILINE)
            needed += [os.path.normpath(os.path.join(os.path.dirname(name), path)) for path in paths]
        page = (SOURCE / "index.html").read_text()
        self.assertEqual(set(re.findall(r'rel="modulepreload" href="\{assets\}/([^"]+)"', page)), seen)

    def test_nothing_stands_in_a_page_that_its_policy_refuses(self):
        for page in SOURCE.glob("*.html"):
            text = page.read_text()
            self.assertNotRegex(text, r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?://")
        for module in ASSETS.rglob("*.js"):
            if "vendor" not in module.parts:
                self.assertNotRegex(module.read_text(), r'\sstyle="|innerHTML|\seval\(|unsafeHTML|https?://\w')


class LaidOut(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.source = pathlib.Path(scratch.name, "source")
        self.target = pathlib.Path(scratch.name, "target")
        shutil.copytree(SOURCE, self.source)

    def lay_out(self) -> str:
        """The name of its assets."""
        subprocess.run([self.source / "lay-out", self.target], check=True, preexec_fn=lambda: os.umask(0o077))
        return re.search(r'src="/assets/([0-9a-f]{12})/app\.js"', (self.target / "index.html").read_text())[1]

    def test_every_file_is_there_twice_and_anybody_may_read_it(self):
        laid_out = self.target / "assets" / self.lay_out()
        for path in ASSETS.rglob("*"):
            if path.is_file():
                copy = laid_out / path.relative_to(ASSETS)
                self.assertEqual(copy.read_bytes(), path.read_bytes())
                self.assertEqual(gzip.decompress(copy.with_name(f"{copy.name}.gz").read_bytes()), path.read_bytes())
        for path in [self.target, *self.target.rglob("*")]:
            wanted = 0o755 if path.is_dir() else 0o644
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), wanted, path)
        self.assertNotIn("{assets}", (self.target / "organise.html").read_text())

    def test_other_contents_have_another_name_and_the_old_ones_stay_for_a_while(self):
        first = self.lay_out()
        self.assertEqual(self.lay_out(), first)
        with (self.source / "assets/words/tr.js").open("a") as words:
            words.write("// changed\n")
        second = self.lay_out()
        self.assertNotEqual(second, first)
        self.assertEqual({path.name for path in (self.target / "assets").iterdir()}, {first, second})
        os.utime(self.target / "assets" / first, (0, 0))
        self.lay_out()
        self.assertEqual({path.name for path in (self.target / "assets").iterdir()}, {second})


if __name__ == "__main__":
    unittest.main()
