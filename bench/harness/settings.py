"""Which settings a run has instead of the defaults."""

import re
from collections.abc import Mapping

LAB_KNOBS = {"TICKETD_LAB_DIR", "TICKETD_LAB_PORT_OFFSET", "TICKETD_LAB_BINARY"}
LABS_OWN = {"TICKETD_SECRET", "TICKETD_ADMIN_TOKEN", "TICKETD_DATABASE_URL", "TICKETD_REDIS_URL", "TICKETD_AMQP_URL"}


def changed(environment: Mapping[str, str]) -> list[str]:
    """A report is passed on, so only a value that cannot be a secret is shown; and the secrets and addresses of a lab are
    its own, whatever the environment says."""

    def shown(name: str, value: str) -> str:
        return f"{name}={value}" if re.fullmatch(r"[\d.]{1,8}|on|off|sync|async", value) else name

    return sorted(
        shown(name, value)
        for name, value in environment.items()
        if name.startswith("TICKETD_") and not name.startswith("TICKETD_TEST_") and name not in LAB_KNOBS | LABS_OWN
    )
