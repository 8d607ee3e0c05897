"""From one notification to what is to be done with it: a pure function of the message, the accounts and the registry.
Doing it is the work of the modules named after the actions; the loop around them is `take.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from spapi_assets.aws.identifiers import fits
from spapi_assets.datasets.model import Scope
from spapi_assets.ingest.notifications.envelope import NEW_SECRET, MalformedNotification, Notification, instant, printable, text
from spapi_assets.ingest.notifications.facts import (
    NewSecret,
    QueryFinished,
    ReportFinished,
    SecretExpiry,
    new_secret,
    query_finished,
    report_finished,
    secret_expiry,
)
from spapi_assets.ingest.notifications.types import (
    QUERY_FINISHED,
    REPORT_FINISHED,
    SECRET_EXPIRY,
    SELF_TEST,
    NotificationType,
    Refresh,
    Urgency,
    known,
)
from spapi_assets.ingest.notifications.whose import Directory, Owners, values

if TYPE_CHECKING:
    from spapi_assets.datasets.model import ApiSource
    from spapi_assets.settings import Account, Settings

# Changes of listings in CA and MX have been told with the marketplace US (issues of Amazon's models repository).
_MISTAKEN = "US"
_NEW = timedelta(days=1)
_NONCE = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Mark:
    """An identifier is to be read again by a source. `if_known`: only where the account is known to have it."""

    source: str
    account_key: str
    kind: str  # of the identifier, as the source's batches have it
    identifier: str
    if_known: bool = False


@dataclass(frozen=True)
class Row:
    """The message becomes rows of a source, in this account key."""

    source: str
    account_key: str


@dataclass(frozen=True)
class Shelf:
    """No table takes the message: it is kept as it is, on this shelf of the archive."""

    name: str  # unknown, strangers, untabled
    type: str


@dataclass(frozen=True)
class Plan:
    """What one notification asks for. All but secrets and self-tests are kept: as `rows`, or on a `shelf`."""

    type: str
    urgency: Urgency
    secret: NewSecret | None = None
    expiry: SecretExpiry | None = None
    report: ReportFinished | None = None
    query: QueryFinished | None = None
    accounts: tuple[Account, ...] = ()
    marks: tuple[Mark, ...] = ()
    rows: tuple[Row, ...] = ()
    shelf: Shelf | None = None
    nonce: str | None = None  # of a self-test
    said: str | None = None  # for people


class Router:
    """The tables and marks of a deployment: which source takes which type, and which account keys it has."""

    def __init__(self, settings: Settings, sources: Mapping[str, ApiSource], directory: Directory) -> None:
        self.directory, self._sources = directory, sources
        self._keys = {name: frozenset(settings.partition_keys(source)) for name, source in sources.items()}
        self._tables: dict[str, str] = {}
        for name, source in sources.items():
            if source.notification and (told := known(source.notification)):
                self._tables[told.name] = name

    def route(self, notification: Notification) -> Plan:
        """What to do. Raises MalformedNotification, and nothing else, when a type that acts does not say on what."""
        told = known(notification.type)
        if told is None:
            kind = printable(notification.type)
            return Plan(kind, Urgency.OTHER, shelf=Shelf("unknown", kind))
        if told.name == NEW_SECRET:
            return Plan(told.name, told.urgency, secret=new_secret(notification))
        if told.name == SECRET_EXPIRY:
            return Plan(told.name, told.urgency, expiry=secret_expiry(notification))
        if told.name == SELF_TEST:
            nonce = text(notification.payload, "nonce") or ""
            if not _NONCE.fullmatch(nonce):
                raise MalformedNotification(f"{SELF_TEST} without a nonce of `spapi subscribe`.")
            return Plan(told.name, told.urgency, nonce=nonce)
        report = report_finished(notification) if told.name == REPORT_FINISHED else None
        query = query_finished(notification) if told.name == QUERY_FINISHED else None
        changed = _changed(told, notification)
        owners = self.directory.owners(told, notification)
        if not owners.accounts or not (owners.certain or changed):
            return Plan(told.name, told.urgency, shelf=Shelf("strangers", told.name), said=_stranger(told, owners))
        rows = tuple(self._rows(told, owners)) if owners.certain else ()
        return Plan(
            told.name,
            told.urgency,
            report=report,
            query=query,
            accounts=owners.accounts,
            marks=tuple(mark for refresh, identifier in changed for mark in self._marks(refresh, owners, identifier)),
            rows=rows,
            shelf=None if rows else Shelf("untabled", told.name),
            said=_status(notification, owners) if told.name == "ACCOUNT_STATUS_CHANGED" else None,
        )

    def _marks(self, refresh: Refresh, owners: Owners, identifier: str) -> Iterator[Mark]:
        """In each account key of the source. A marketplace in the message narrows them, also to none: what is not read here has
        not changed. But for one that Amazon gets wrong: then the others are read too, where the identifier is known to be."""
        for account in owners.accounts:
            keys = [k for k in sorted(self._keys.get(refresh.source, ())) if k.partition(".")[0] == account.name]
            told = [k for k in keys if k.partition(".")[2] in ("", *owners.marketplaces)]
            anywhere = not owners.marketplaces or (_MISTAKEN in owners.marketplaces and refresh.kind == "sku")
            for key in keys if anywhere else told:
                doubtful = bool(told) and key not in told
                yield Mark(refresh.source, key, refresh.kind, identifier, if_known=doubtful or not owners.certain)

    def _rows(self, told: NotificationType, owners: Owners) -> Iterator[Row]:
        name = self._tables.get(told.name)
        if name is None:
            return
        for account in owners.accounts[:1]:
            by_marketplace = self._sources[name].scope is Scope.MARKETPLACE
            keys = [f"{account.name}.{code}" for code in owners.marketplaces] if by_marketplace else [account.name]
            yield from (Row(name, key) for key in keys if key in self._keys[name])


def _changed(told: NotificationType, notification: Notification) -> list[tuple[Refresh, str]]:
    """What is to be read again, and by which source. Raises MalformedNotification when a type that acts does not say on what."""
    if told.refresh is None:
        return []
    facts = told.facts(notification.payload)
    found = text(facts, told.refresh.identifier)
    if found is None or not fits(found):
        raise MalformedNotification(f"{told.name} lacks a usable {told.refresh.identifier}.")
    changed = [(told.refresh, found)]
    asin = text(facts, "asin")
    if told.refresh_when_listed and asin is not None and fits(asin) and _came_or_went(facts, notification):
        changed.append((told.refresh_when_listed, asin))
    return changed


def _came_or_went(facts: Any, notification: Notification) -> bool:
    """Whether a listing was deleted, or made within a day of the event: then the catalog may have another picture of the ASIN."""
    if "DELETED" in {status.upper() for status in values(facts, "status")}:
        return True
    made, event = instant(text(facts, "createdDate")), notification.event_time
    return made is not None and event is not None and abs(event - made) <= _NEW


def _stranger(told: NotificationType, owners: Owners) -> str:
    if owners.ids:
        return (
            f"{told.name} came for selling partner {owners.ids[0][:40]}, which is not in the accounts file: add the account, or "
            "delete its subscription."
        )
    return (
        f"{told.name} names no selling partner, and its subscription is not known here: run `spapi subscribe`, which remembers "
        "the accounts of all subscriptions."
    )


def _status(notification: Notification, owners: Owners) -> str | None:
    now = next(values(notification.payload, "accountStatusChangeNotification.currentAccountStatus"), None)
    if now in (None, "NORMAL"):
        return None
    return (
        f"Amazon says that account {owners.accounts[0].name} is {printable(str(now))}: look at Account Health in Seller Central."
    )
