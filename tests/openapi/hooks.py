"""What schemathesis is to know of ticketd beyond the API's document. It loads this file (schemathesis.toml)."""

import os
import re
import uuid

import schemathesis

EVENT = os.environ["TICKETD_EVENT"]
KEY_OF_EXAMPLE = "2f1c1f0a-of-the-buyer"
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

# Why a request may be refused that fits its schema: by rules that no schema says.
BEYOND_THE_SCHEMA = re.compile(
    r"there is no such event|the event has no such category|must be 1 to \d+"
    r"|another purchase was sent under this Idempotency-Key"
    r"|must be 1 to 200 bytes of UTF-8, and has \d+|must have a character that can be seen"
    r"|must be an email address: .+|must be an ISO 4217 code such as TRY"
    r"|must be 0, or \d+ to \d+|so many( tickets)? must cost 0, or \d+ to \d+"
    r"|must be later than sale_opens_at|stands twice"
)


@schemathesis.hook.apply_to(method="POST", path="/api/v1/orders")
def map_body(_context, body):
    """Leads a purchase to the event that there is: drawn ids would lead all of them to none."""
    if isinstance(body, dict) and all(_is_slug(body.get(name)) for name in ("event_id", "category_id")):
        return body | {"event_id": EVENT, "category_id": "standing"}
    return body


@schemathesis.hook.apply_to(method="PUT", path="/api/v1/events/{event_id}")
def map_body(_context, body):  # noqa: F811
    """Sells what fits the schema for lira, in amounts that can be charged: of three letters hardly any are a currency."""
    categories = body.get("categories") if isinstance(body, dict) else None
    for category in categories if isinstance(categories, list) else []:
        price = category.get("price") if isinstance(category, dict) else None
        if isinstance(price, dict) and re.fullmatch("[A-Z]{3}", str(price.get("currency"))):
            price["currency"] = "TRY"
            if type(price.get("amount")) is int and 0 < price["amount"] <= 10**12:
                price["amount"] %= 100_000
    return body


def _is_slug(value) -> bool:
    return isinstance(value, str) and SLUG.fullmatch(value) is not None


@schemathesis.hook
def filter_case(_context, case) -> bool:
    """Nginx cannot tell an empty Idempotency-Key from none (contract_test)."""
    return (case.headers or {}).get("Idempotency-Key") != ""


@schemathesis.hook
def before_call(_context, case, _kwargs) -> None:
    """Under a key that has an order already that order is the answer, whatever the body: the example's key would be one."""
    if case.method == "POST" and (case.headers or {}).get("Idempotency-Key") == KEY_OF_EXAMPLE:
        case.headers["Idempotency-Key"] = uuid.uuid4().hex


@schemathesis.check
def refused_by_rules_that_no_schema_says(_context, response, case) -> None:
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code == 412:
        assert {"If-Match", "If-None-Match"} & set(case.headers), "412 without a condition"
    if response.status_code == 422:
        errors = response.json()["errors"]
        assert errors, "422 without errors"
        for error in errors:
            assert BEYOND_THE_SCHEMA.fullmatch(error["detail"]), f"a schema should say this: {error}"
