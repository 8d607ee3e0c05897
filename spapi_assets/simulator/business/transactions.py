"""The settlements' amounts as transactions: one a shipped order, a refund, a fee or a transfer, with the state of its money.
Amounts are those of settlements.py to the cent; how an API prints them is not decided here."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .accounts import Account
from .business import Business
from .marketplaces import Marketplace
from .orders import Order
from .seeds import unit
from .settlements import PERIOD, Entry, Period, entries, period
from .shipments import parcel

HELD = 7 * 86_400  # seconds from delivery until the money of an order is released (held_money.py prints the same)
LATEST = 48 * 3_600  # seconds after its posting by which a transaction is known
TRANSFER = "Transfer"
_KINDS = {
    "TransactionTotalAmount": ("ProductAdsPayment", "Sponsored Products"),
    "Subscription Fee": ("ServiceFee", "Subscription Fee"),
    "Storage Fee": ("ServiceFee", "FBAStorageBilling"),
    "WAREHOUSE_DAMAGE": ("FBAInventoryReimbursement", "Warehouse Damage"),
    "Previous Reserve Amount Balance": ("ReserveCredit", "Previous Reserve Amount Balance"),
    "Current Reserve Amount": ("ReserveDebit", "Current Reserve Amount"),
}


@dataclass(frozen=True)
class Transaction:
    """One transaction. Instants are epoch seconds: `known` is when the API first shows it, `released` when held money is free
    (0: it never was held)."""

    id: str
    type: str
    description: str
    period: Period
    posted: int
    known: int
    released: int
    entries: tuple[Entry, ...]

    @cached_property
    def amount(self) -> int:
        """Minor units, positive for the seller."""
        return sum(entry.amount for entry in self.entries)

    @property
    def order(self) -> Order | None:
        return self.entries[0].order

    @property
    def marketplace(self) -> Marketplace:
        return self.period.marketplace

    def status(self, now: float) -> str:
        """DEFERRED while Amazon holds the money, DEFERRED_RELEASED after that, RELEASED where it never did."""
        if not self.released:
            return "RELEASED"
        return "DEFERRED" if now < self.released else "DEFERRED_RELEASED"


def group_id(p: Period) -> str:
    """The financial event group that becomes a settlement."""
    return _opaque("group", p.id)


def number_at(business: Business, account: Account, m: Marketplace, instant: float) -> int:
    """The number of the settlement that an instant falls into; negative before the first."""
    return int((instant - period(business, account, m, 0).start) // PERIOD)


def of_period(business: Business, p: Period) -> tuple[Transaction, ...]:
    """All transactions of a settlement, its transfer to the bank last; oldest first."""
    return business.remember(("transactions", p.account.index, p.marketplace.code, p.start), lambda: _build(business, p), len)


def posted_between(
    business: Business, account: Account, m: Marketplace, start: float, end: float, now: float
) -> Iterator[Transaction]:
    """Transactions posted in [start, end) as far as they are known at `now`, by posting and id."""
    first = max(0, number_at(business, account, m, start))
    for number in range(first, number_at(business, account, m, end) + 1):
        for found in of_period(business, period(business, account, m, number)):
            if start <= found.posted < end and found.known <= now:
                yield found


def find_group(business: Business, account: Account, identifier: str, now: float) -> Period | None:
    """The settlement behind a settlement id or a financial event group id, if it has begun."""
    for m in account.marketplaces:
        for number in range(number_at(business, account, m, now) + 1):
            p = period(business, account, m, number)
            if identifier in (p.id, group_id(p)):
                return p
    return None


def of_order(business: Business, account: Account, order: Order, now: float) -> Iterator[Transaction]:
    """The transactions of an order that are known at `now`."""
    until = max([order.shipped, *(line.refund_at for line in order.lines)]) + 1
    for found in posted_between(business, account, order.marketplace, order.purchased, until, now):
        if found.order is not None and found.order.id == order.id:
            yield found


def _build(business: Business, p: Period) -> tuple[Transaction, ...]:
    groups: dict[tuple[str, ...], list[Entry]] = {}
    found = entries(business, p)
    for n, entry in enumerate(found):
        if entry.type == "Order" and entry.order:
            key: tuple[str, ...] = ("Shipment", entry.order.id)
        elif entry.type == "Refund" and entry.order and entry.line:
            key = ("Refund", entry.order.id, entry.line.item_code)
        else:
            key = (entry.description, str(n))
        groups.setdefault(key, []).append(entry)
    made = [_transaction(business, p, key, tuple(of_group)) for key, of_group in groups.items()]
    last = p.end - 1
    paid = Entry(TRANSFER, TRANSFER, TRANSFER, -sum(entry.amount for entry in found), last)
    made.append(Transaction(_opaque("transfer", p.id), TRANSFER, "Disbursement", p, last, last + 3_600, 0, (paid,)))
    return tuple(sorted(made, key=lambda t: (t.posted, t.id)))


def _transaction(business: Business, p: Period, key: tuple[str, ...], of_group: tuple[Entry, ...]) -> Transaction:
    first, released = of_group[0], 0
    id_ = _opaque("transaction", p.id, *key)
    if key[0] == "Shipment" and first.order:
        kind, description = "Shipment", "Order Payment"
        released = max(parcel(business.seed, first.order, line).arrives for line in first.order.lines) + HELD
    elif key[0] == "Refund":
        kind, description = "Refund", "Refund Order"
    else:
        kind, description = _KINDS[first.description]
    # Most are known within hours, a few only after two days: whoever looks once at a day's end misses them.
    known = first.posted + int(LATEST * unit(business.seed, "posting", id_) ** 3)
    return Transaction(id_, kind, description, p, first.posted, known, released, of_group)


def _opaque(*parts: str) -> str:
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=32).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
