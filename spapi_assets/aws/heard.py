"""What Amazon's messages have told so far, in the ledger's table: how many of each type, whose the subscriptions are, and when
client secrets end. What a message says is `ingest/notifications/`; no secret is kept here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.ledger_records import stamp, unstamp
from spapi_assets.aws.table import Table

_TYPES, _SUBSCRIPTIONS, _SECRETS = "HEARD", "SUBSCRIPTION", "CLIENT_SECRET"
_ATTEMPTS = 5


@dataclass(frozen=True)
class Heard:
    """Messages of one type, copies included. `kept`: where those lie that no table takes; None: they act or become rows."""

    type: str
    messages: int
    first: datetime
    last: datetime
    kept: str | None


@dataclass(frozen=True)
class SecretEnd:
    """When an application's client secret ends, and when Amazon said so."""

    client_id: str
    ends: datetime
    told: datetime


def count(table: Table, messages: Mapping[tuple[str, str | None], int], at: datetime) -> None:
    """Add messages by (type, shelf) that were handled at `at`. Raises AwsError."""
    for (name, kept), number in messages.items():
        key = {"pk": _TYPES, "sk": name}
        for _ in range(_ATTEMPTS):
            old = table.get(key)
            item: dict[str, Any] = {
                **key,
                "messages": number + (int(old["messages"]) if old else 0),
                "first": old["first"] if old else stamp(at),
                "last": stamp(at),
                **({"kept": kept} if kept else {}),
            }
            condition = "messages = :messages" if old else "attribute_not_exists(pk)"
            if table.put(item, condition, {":messages": old["messages"]} if old else None):
                break
        else:
            raise AwsError(f"Table {table.name}: the count of {name} was changed by others {_ATTEMPTS} times in a row.")


def counted(table: Table) -> list[Heard]:
    """All types ever heard of, by name."""
    return [
        Heard(str(i["sk"]), int(i["messages"]), unstamp(i["first"]), unstamp(i["last"]), i.get("kept"))
        for i in table.partition(_TYPES)
    ]


def remember_subscription(table: Table, subscription_id: str, account: str, notification_type: str) -> None:
    """Messages carry the id of their subscription; some carry no other sign of whose they are."""
    table.put({"pk": _SUBSCRIPTIONS, "sk": subscription_id, "account": account, "type": notification_type})


def subscriptions(table: Table) -> dict[str, str]:
    """Account names by subscription id."""
    return {str(i["sk"]): str(i["account"]) for i in table.partition(_SUBSCRIPTIONS)}


def remember_secret_end(table: Table, end: SecretEnd) -> bool:
    """False: something newer is known. Messages come late and in any order, so the newest word counts, not the last to arrive."""
    item = {"pk": _SECRETS, "sk": end.client_id, "ends": stamp(end.ends), "told": stamp(end.told)}
    return table.put(item, "attribute_not_exists(pk) OR told < :told", {":told": stamp(end.told)})


def forget_secret_end(table: Table, client_id: str, now: datetime) -> None:
    """A person stored another secret at `now`: what was said before is about the old one, and of the new one nothing is known."""
    table.delete({"pk": _SECRETS, "sk": client_id}, "told < :now", {":now": stamp(now)})


def secret_ends(table: Table) -> list[SecretEnd]:
    """All applications whose secret's end is known."""
    return [SecretEnd(str(i["sk"]), unstamp(i["ends"]), unstamp(i["told"])) for i in table.partition(_SECRETS)]
