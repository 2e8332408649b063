"""What evolve draws as new in a phase, and what its drills break, against the services that scripts/lab starts."""

import pathlib
import subprocess
import unittest

from evolution import topology
from evolution.plan import PHASES

LIB = pathlib.Path(__file__).parents[2] / "scripts" / "lib"
# Not of a phase but of every lab, or of RabbitMQ's own.
NOT_DRAWN_AS_NEW = {"nginx", "payments", "epmd"}


def services(phase: int) -> set[str]:
    """As `lab up --phase` starts them. `status --json` would say the same, with a whole lab for each phase."""
    script = (
        'set -euo pipefail; for file in common options place topology up; do source "$1/$file.sh"; done; '
        'parse_up --phase "$2"; services_of_topology'
    )
    listed = subprocess.run(
        ["bash", "-c", script, "bash", str(LIB), str(phase)], check=True, capture_output=True, text=True
    )
    return set(listed.stdout.split())


class Topology(unittest.TestCase):
    def test_new_services_are_those_that_the_lab_adds(self):
        before: set[str] = set()
        for phase in PHASES:
            with self.subTest(phase.name):
                now = services(phase.number)
                self.assertEqual(topology.new_in(phase), now - before - NOT_DRAWN_AS_NEW)
                before = now

    def test_drills_break_services_of_their_phase(self):
        for phase in PHASES:
            with self.subTest(phase.name):
                self.assertLessEqual({service for _, service in phase.breaks}, services(phase.number))


if __name__ == "__main__":
    unittest.main()
