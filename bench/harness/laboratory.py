"""A lab by way of scripts/lab: one of its own, so nobody's data is touched."""

import json
import os
import pathlib
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPACITY = 1_000_000  # tickets of a category: more than anybody here asks for
CATEGORIES = ("golden-circle", "standing", "balcony")
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the lab is here: no proxy leads to it
DOWN = 3  # the exit status of scripts/lab status


class Failure(Exception):
    """The run cannot go on; the text is one line for a person."""


def number_of(name: str, default: int) -> int:
    """Of a setting in the environment; empty is as good as not set."""
    text = os.environ.get(name) or str(default)
    if not re.fullmatch(r"\d{1,6}", text):
        raise Failure(f"{name} is not a whole number: {text}")
    return int(text)


class Laboratory:
    """`settings` are those of ticketd, by their variables, where the environment has none. `root` is the checkout that it
    is the lab of."""

    def __init__(
        self,
        directory: pathlib.Path,
        port_offset: int,
        settings: Mapping[str, str] | None = None,
        root: pathlib.Path = ROOT,
    ) -> None:
        self.directory = directory
        self._root = root
        self._facts: dict | None = None  # what the lab said of itself last
        self.environment = {
            **(settings or {}),
            **os.environ,
            "TICKETD_LAB_DIR": str(directory),
            "TICKETD_LAB_PORT_OFFSET": str(port_offset),
        }

    def try_run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # In a session of its own: a Ctrl-C is for this program, which then clears up in peace.
        return subprocess.run(
            [self._root / "scripts/lab", *arguments],
            check=False,
            env=self.environment,
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> str:
        done = self.try_run(*arguments)
        if done.returncode != 0:
            raise Failure(f"scripts/lab {' '.join(arguments)[:60]}: {last_line(done.stderr) or last_line(done.stdout)}")
        return done.stdout

    def up(self, phase: int, *arguments: str) -> None:
        self._facts = None  # another phase has other services
        self.run("up", "--phase", str(phase), *arguments)

    def wipe(self) -> None:
        self._facts = None
        self.run("down", "--wipe")

    def forget_data(self) -> None:
        """Fresh data for the next phase without new servers: the roles are stopped, so nobody holds anything of it.

        The queue is empty, or the audit would have said so; and Redis keeps nothing on disk, so a restart empties it.
        """
        for service in reversed(self.services()):
            if service.startswith(("api-", "worker-", "redis")):
                self.run("stop", service)
        self.run(
            "psql",
            "-d",
            "template1",
            "-qc",
            "DROP DATABASE ticketd",
            "-c",
            "CREATE DATABASE ticketd OWNER ticketd_owner",
        )

    def free_megabytes(self) -> float:
        where = self.directory if self.directory.exists() else self.directory.parent
        free = os.statvfs(where)
        return free.f_bavail * free.f_frsize / 1e6

    def facts(self) -> dict:
        """What `scripts/lab status --json` says. It takes a while, and ports stay as they are while a lab is up: asked once."""
        if self._facts is None:
            done = self.try_run("status", "--json")
            if done.returncode not in (0, DOWN):
                raise Failure(f"scripts/lab status: {last_line(done.stderr)}")
            self._facts = json.loads(done.stdout)
        return self._facts

    @property
    def url(self) -> str:
        return self.facts()["public_url"]

    def services(self) -> list[str]:
        """In the order of starting; none of a lab that is down."""
        return [service["name"] for service in self.facts()["services"]] if self.facts()["is_up"] else []

    def directories(self) -> dict[str, str]:
        """Where the processes of a service work."""
        return {service["name"]: service["directory"] for service in self.facts()["services"]}

    def ops_ports(self) -> dict[str, int]:
        """Of the services that have one."""
        return {service["name"]: service["ops_port"] for service in self.facts()["services"] if service["ops_port"]}

    def create_event(self, event: str, capacity: int = CAPACITY, categories: Iterable[str] = CATEGORIES) -> None:
        body = {
            "name": "A load test",
            "venue": "Lab",
            "starts_at": "2099-01-01T00:00:00Z",
            "sale_opens_at": "2020-01-01T00:00:00Z",
            "sale_closes_at": "2099-01-01T00:00:00Z",
            "max_per_buyer": 4,
            "categories": [
                {"id": name, "name": name, "price": {"amount": 100000, "currency": "TRY"}, "capacity": capacity}
                for name in categories
            ],
        }
        token = pathlib.Path(self.facts()["admin_token_file"]).read_text().strip()
        self._send(
            "PUT", f"/api/v1/events/{event}", body, "the event cannot be created", Authorization=f"Bearer {token}"
        )

    def buy(self, event: str, category: str = "standing") -> None:
        """One ticket, which is there."""
        buyer = {"name": "Buyer", "email": f"{event}@example.com"}
        body = {"event_id": event, "category_id": category, "quantity": 1, "buyer": buyer}
        self._send("POST", "/api/v1/orders", body, "a ticket cannot be bought")

    def _send(self, method: str, path: str, body: dict, what_failed: str, **headers: str) -> None:
        request = urllib.request.Request(
            f"{self.url}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", **headers},
            method=method,
        )
        try:
            _DIRECTLY.open(request, timeout=10).read()
        except (urllib.error.URLError, OSError) as error:
            raise Failure(f"{what_failed}: {error}") from error

    def count_orders(self, event: str) -> tuple[int, int]:
        """Orders in the database of this event, or of those that are called this and a number; and how many of them are
        in a final state."""
        answer = self.run(
            "psql",
            "-AtqF",
            " ",
            "-c",
            f"SELECT count(*), count(*) FILTER (WHERE status <> 'reserved') FROM orders "
            f"WHERE event_id = '{event}' OR event_id LIKE '{event}-%'",
        )
        known, final = answer.split()
        return int(known), int(final)

    def audit(self, ledger: pathlib.Path) -> tuple[bool, list[str]]:
        done = self.try_run("audit", str(ledger))
        lines = done.stdout.splitlines() or [last_line(done.stderr)]
        return done.returncode == 0, [line.replace(str(ledger), "ledger") for line in lines]


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].removeprefix("lab: ") if lines else ""
