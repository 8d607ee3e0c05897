"""Reading what a client sent as strictly as Amazon does: query parameters, JSON bodies, times, lists, marketplaces.
Every refusal is a 400 InvalidInput that names the parameter; what a valid request does is in api/."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.errors import ApiError, invalid_input, unauthorized
from spapi_assets.simulator.marketplaces import BY_ID

# python-amazon-sp-api adds these misspellings beside the right parameter, and `marketplaceIds` also to operations that have none;
# Amazon answers it all the same, so they are ignored.
IGNORED = frozenset({"MarketplaceId", "MarketplaceIds", "marketplace_ids"})


class Query:
    """The query string of one call; lists may be comma-separated (Amazon's form) or repeated."""

    def __init__(self, pairs: list[tuple[str, str]], known: Collection[str]) -> None:
        self.values: dict[str, list[str]] = {}
        for name, value in pairs:
            if _ignored(name, known):
                continue
            if name not in known:
                raise invalid_input(f"Unknown query parameter '{name}'.", f"Known are: {', '.join(sorted(known)) or 'none'}.")
            self.values.setdefault(name, []).append(value)

    def names(self) -> set[str]:
        return set(self.values)

    def text(self, name: str) -> str | None:
        found = self.values.get(name)
        if found and len(found) > 1:
            raise invalid_input(f"Query parameter '{name}' was given {len(found)} times.")
        return found[0] if found else None

    def list(self, name: str, *, most: int, least: int = 1, allowed: Collection[str] | None = None) -> list[str] | None:
        if name not in self.values:
            return None
        items = [item.strip() for value in self.values[name] for item in value.split(",")]
        _check_count(name, items, least, most)
        if any(not item for item in items):
            raise invalid_input(f"'{name}' holds an empty value.")
        if allowed is not None and (wrong := [item for item in items if item not in allowed]):
            raise invalid_input(f"Invalid value {wrong[0]!r} in '{name}'.", f"Allowed values: {', '.join(sorted(allowed))}.")
        return items

    def integer(self, name: str, least: int, most: int, default: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        if not text.isdecimal() or not least <= int(text) <= most:
            raise invalid_input(f"'{name}' must be an integer from {least} to {most}, not {text!r}.")
        return int(text)

    def boolean(self, name: str) -> bool:
        """False when it is missing; Amazon's own Python SDK writes `True`."""
        text = self.text(name)
        if text is not None and text.lower() not in ("true", "false"):
            raise invalid_input(f"'{name}' must be true or false, not {text!r}.")
        return text is not None and text.lower() == "true"

    def time(self, name: str) -> datetime | None:
        return parse_time(name, self.text(name))


def parse_time(name: str, value: Any) -> datetime | None:
    """ISO 8601; a time without an offset is UTC. The client's offset is kept: daily reports read their days in it."""
    if value is None:
        return None
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise invalid_input(f"'{name}' must be an ISO 8601 date-time, not {value!r}.") from None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when


def parse_json(raw: bytes, content_type: str) -> Any:
    """The JSON of a request body, whatever it holds."""
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "UnsupportedMediaType", f"Content-Type must be application/json, not {content_type or 'missing'!r}.")
    try:
        return json.loads(raw)
    except (ValueError, UnicodeDecodeError) as error:
        raise invalid_input("The request body is not valid JSON.", str(error)) from None


def parse_body(raw: bytes, content_type: str, required: Collection[str], optional: Collection[str]) -> dict[str, Any]:
    """A JSON object with exactly the known members."""
    body = parse_json(raw, content_type)
    if not isinstance(body, dict):
        raise invalid_input("The request body must be a JSON object.")
    known = (*required, *optional)
    body = {name: value for name, value in body.items() if value is not None and not _ignored(name, known)}
    if missing := [name for name in required if name not in body]:
        raise invalid_input(f"Missing required member '{missing[0]}' in the request body.")
    if unknown := [name for name in body if name not in known]:
        raise invalid_input(f"Unknown member '{unknown[0]}' in the request body.")
    return body


def text(body: Mapping[str, Any], name: str) -> str:
    value = body[name]
    if not isinstance(value, str) or not value:
        raise invalid_input(f"'{name}' must be a non-empty string.")
    return value


def marketplaces(value: Any, account: Account, *, most: int) -> list[str]:
    """Marketplace ids that exist and that this selling partner sells in."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid_input("'marketplaceIds' must be a list of strings.")
    _check_count("marketplaceIds", value, 1, most)
    for marketplace_id in value:
        if marketplace_id not in BY_ID:
            raise invalid_input(f"Invalid marketplace id {marketplace_id!r} in 'marketplaceIds'.")
        if marketplace_id not in account.marketplace_ids:
            # Also what a wrong region looks like: the token does not reach that marketplace.
            raise unauthorized(f"The selling partner is not registered in marketplace {marketplace_id}.")
    return value


def report_options(value: Any) -> dict[str, str]:
    """`reportOptions`: a map of strings to strings; booleans must be the strings "true" and "false"."""
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise invalid_input("'reportOptions' must be a map of strings to strings.")
    return value


def _ignored(name: str, known: Collection[str]) -> bool:
    return name in IGNORED or (name == "marketplaceIds" and name not in known)


def _check_count(name: str, items: list[str], least: int, most: int) -> None:
    if not least <= len(items) <= most:
        raise invalid_input(f"'{name}' must hold {least} to {most} values, not {len(items)}.")
