"""Whose a notification is: the accounts by the ids in it, by the subscription it came through, or by its marketplace.
Nothing is read here; the subscriptions that are remembered come from `aws/heard.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spapi_assets.datasets.model import Kind
from spapi_assets.ingest.notifications.envelope import Notification, member, name_of
from spapi_assets.ingest.notifications.types import NotificationType
from spapi_assets.settings import Account
from spapi_assets.spapi.marketplaces import BY_ID

# What Amazon calls a selling partner, for types and places this platform does not know yet.
_ID_NAMES = ("sellerId", "sellingPartnerId", "merchantId", "accountId", "vendorGroupId")
_MERCHANT = "amzn1.merchant.o."  # an account id: this and the seller id
_DEPTH = 4


@dataclass(frozen=True)
class Owners:
    """The accounts a notification may belong to. `certain`: it says so itself, or there is nobody else."""

    accounts: tuple[Account, ...]
    marketplaces: tuple[str, ...] = ()  # country codes in it, of marketplaces Amazon has
    ids: tuple[str, ...] = ()  # of the selling partner, as Amazon wrote them
    certain: bool = True


@dataclass(frozen=True)
class Directory:
    """Who is known here: the accounts, and the subscriptions made for them (subscription id -> account name)."""

    accounts: Sequence[Account]
    subscriptions: Mapping[str, str] = field(default_factory=dict)

    def owners(self, told: NotificationType | None, notification: Notification) -> Owners:
        """Ids in the message decide. Where one seller id has several authorizations, or the message names nobody, the
        subscription does; after that the marketplace. Never raises."""
        facts = told.facts(notification.payload) if told else notification.payload
        ids = _ids(told, facts, notification.payload)
        codes = tuple(_codes(told, facts))
        found = [a for a in self.accounts if _named(a, ids)]
        subscriber = self._subscriber(notification)
        if subscriber is not None and (not found or subscriber in found):
            return Owners((subscriber,), codes, ids)
        if found:
            here = [a for a in found if set(a.marketplaces) & set(codes)]
            return Owners(tuple(here or found), codes, ids)
        if ids:
            return Owners((), codes, ids)
        able = [a for a in self.accounts if told is None or told.kind in (a.kind, Kind.ANY)]
        here = [a for a in able if set(a.marketplaces) & set(codes)] if codes else able
        return Owners(tuple(here), codes, certain=len(here) <= 1)

    def _subscriber(self, notification: Notification) -> Account | None:
        name = self.subscriptions.get(notification.subscription_id or "")
        return next((a for a in self.accounts if a.name == name), None)


def _named(account: Account, ids: Iterable[str]) -> bool:
    own = account.selling_partner_id
    return any(i == own or i == _MERCHANT + own or _MERCHANT + i == own for i in ids)


def _ids(told: NotificationType | None, facts: Any, payload: Any) -> tuple[str, ...]:
    found = [v for path in (told.account if told else ()) for v in values(facts, path)]
    if not found and (told is None or told.account):
        found = list(_anywhere(payload, _DEPTH))
    return tuple(dict.fromkeys(found))


def _codes(told: NotificationType | None, facts: Any) -> Iterator[str]:
    ids = values(facts, told.marketplace) if told and told.marketplace else values(facts, "marketplaceId")
    yield from dict.fromkeys(BY_ID[i].code for i in ids if i in BY_ID)


def values(content: Any, path: str) -> Iterator[str]:
    """The names at a dotted path, in any casing, through objects and arrays; values that name nothing are left out."""
    if isinstance(content, list):
        for element in content:
            yield from values(element, path)
        return
    first, _, rest = path.partition(".")
    found = member(content, first)
    if rest:
        yield from values(found, rest)
        return
    for value in found if isinstance(found, list) else [found]:
        if (name := name_of(value)) is not None:
            yield name


def _anywhere(content: Any, depth: int) -> Iterator[str]:
    """Ids of a selling partner wherever they stand, the outermost first."""
    if isinstance(content, list):
        for element in content[:10]:
            yield from _anywhere(element, depth)
        return
    if not isinstance(content, Mapping) or depth == 0:
        return
    own = [v for name in _ID_NAMES for v in values(content, name)]
    if own:
        yield from own
        return
    for inner in content.values():
        yield from _anywhere(inner, depth - 1)
