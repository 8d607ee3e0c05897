"""Invoices: the vendor's for what it delivered, and Amazon's for damage, storage and subscriptions.
Amounts are those of purchase orders, vendor sales and settlements; how an API prints them is not decided here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from .accounts import Account
from .business import Business
from .catalog import Product
from .demand import LAUNCH
from .marketplaces import Marketplace, day_start, utc
from .purchase_orders import VENDOR_CODE, PurchaseOrder, placed_between
from .seeds import derive
from .settlements import storage_cost, subscription
from .vendor import day_facts
from .vendor_hours import PROGRAMS

_DAY = 86_400
_DUE_AFTER = 60 * _DAY
_MATCHED_AFTER = 3 * _DAY  # from receipt until Amazon has compared what was invoiced with what came
_LONGEST = 14 * _DAY  # from a purchase order to its invoice
ALLOWANCE = 0.015  # of the cost of what was shipped, for goods that customers damage


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line; amounts in minor units. `unit_cost` is 0 for services; `matched` units of goods were found on arrival."""

    id: str
    amount: int
    product: Product | None = None
    units: int = 0
    unit_cost: int = 0
    matched: int = 0
    charge: str = ""  # the kind of service
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice. Instants are epoch seconds; `to_amazon` says who is to be paid."""

    number: str
    account: Account
    marketplace: Marketplace
    to_amazon: bool
    issued: int
    due: int
    matched: int  # when goods had been compared; the issue of services
    paid: int
    lines: tuple[InvoiceLine, ...]
    order: PurchaseOrder | None = None

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def accepted(self) -> int:
        """What is to be paid of it once goods have been compared."""
        return sum(line.matched * line.unit_cost if line.unit_cost else line.amount for line in self.lines)

    @property
    def identifier(self) -> str:
        return f"{self.number}~{VENDOR_CODE}" if self.order else self.number

    def status(self, now: float) -> str:
        """Goods short on arrival are paid in part; what Amazon charges is deducted."""
        if now < self.paid:
            return "IN_PROGRESS"
        if self.to_amazon:
            return "DEDUCTED"
        return "PAID" if self.accepted == self.amount else "PARTIALLY_PAID"

    def last_updated(self, now: float) -> int:
        return max(event for event in (self.issued, self.matched, self.paid) if event <= now)


def issued_between(business: Business, account: Account, m: Marketplace, start: float, end: float) -> list[Invoice]:
    """Invoices of a store issued in [start, end], oldest first."""
    found = list(_of_goods(business, account, m, start, end) if account.kind == "vendor" else ())
    month = utc(start).date().replace(day=1)
    while day_start("UTC", month) <= end:
        found += [i for i in _of_month(business, account, m, month) if start <= i.issued <= end]
        month = (month + timedelta(days=32)).replace(day=1)
    return sorted(found, key=lambda invoice: (invoice.issued, invoice.number))


def find(business: Business, account: Account, m: Marketplace, identifier: str, start: float, end: float) -> Invoice | None:
    """The invoice with this identifier among those issued in [start, end]. Only what may bear it is worked out."""
    if "~" in identifier:
        found = _of_goods(business, account, m, start, end) if account.kind == "vendor" else iter(())
        return next((invoice for invoice in found if invoice.identifier == identifier), None)
    month = utc(start).date().replace(day=1)
    if named := re.fullmatch(r"DA-(\d{4})(0[1-9]|1[0-2])-\w+", identifier):
        month = (date(int(named[1]), int(named[2]), 1) + timedelta(days=32)).replace(day=1)
    while day_start("UTC", month) <= end:
        for invoice in _of_month(business, account, m, month) if named or account.kind == "seller" else ():
            if invoice.identifier == identifier and start <= invoice.issued <= end:
                return invoice
        month = (month + timedelta(days=32)).replace(day=1)
        if named:
            break
    return None


def _of_goods(business: Business, account: Account, m: Marketplace, start: float, end: float) -> Iterator[Invoice]:
    """The vendor's own invoices, written when a purchase order's goods leave."""
    for order in placed_between(business, account, m, start - _LONGEST, end, end):
        lines = tuple(
            InvoiceLine(
                f"{order.number}-{item.number}",
                item.confirmed * item.cost,
                item.product,
                item.confirmed,
                item.cost,
                item.received,
            )
            for item in order.items
            if item.confirmed
        )
        if lines and start <= order.shipped <= end:
            paid = order.shipped + _DUE_AFTER
            number = f"INV-{order.number}"
            yield Invoice(number, account, m, False, order.shipped, paid, order.received + _MATCHED_AFTER, paid, lines, order)


def _of_month(business: Business, account: Account, m: Marketplace, month: date) -> Iterator[Invoice]:
    """What Amazon charges in a month for the one before."""
    before = (month - timedelta(days=1)).replace(day=1)
    if before < LAUNCH:
        return
    if account.kind == "vendor":
        issued = day_start("UTC", month.replace(day=5)) + 32_400
        lines = business.remember(
            ("damage allowance", account.index, m.code, before), lambda: tuple(_allowance(business, account, m, before)), len
        )
        if lines:
            yield Invoice(f"DA-{before:%Y%m}-{m.code}", account, m, True, issued, issued, issued, issued + 7 * _DAY, lines)
        return
    draw = derive(business.seed, "fee invoice", account.index, m.code, month.toordinal()) % 10**7
    charged = day_start("UTC", month.replace(day=2)) + 840
    fee = InvoiceLine("1", subscription(m), charge="OTHER", first=month, last=(month + timedelta(days=31)).replace(day=1))
    yield Invoice(f"{m.code}-SUB-{draw:07d}", account, m, True, charged, charged, charged, charged + _DAY, (fee,))
    if business.pool(account, m.pool)[0] == m:
        charged = day_start("UTC", month.replace(day=9)) + 30_000
        stored = tuple(_storage(business, account, m, before))
        yield Invoice(f"{m.code}-FBA-{draw:07d}", account, m, True, charged, charged, charged, charged + _DAY, stored)


def _storage(business: Business, account: Account, m: Marketplace, month: date) -> Iterator[InvoiceLine]:
    """A line an article; running sums are rounded, so that the lines add up to the fee that the settlement charges."""
    last, exact, rounded = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1), 0.0, 0
    for product, units, fee in storage_cost(business, account, m, month):
        exact += fee
        amount, rounded = round(exact) - rounded, round(exact)
        if units:
            yield InvoiceLine(product.sku, amount, product, units, charge="FBA_INVENTORY_STORAGE_FEE", first=month, last=last)


def _allowance(business: Business, account: Account, m: Marketplace, month: date) -> Iterator[InvoiceLine]:
    """A line a day, selling program and article that was shipped."""
    day, number = month, 0
    while day.month == month.month:
        for program in PROGRAMS:
            facts = day_facts(business.seed, account, m, program, day, business.scale, 0.0)
            for product, of_day in facts.items():
                if amount := round(of_day.shipped_cogs * ALLOWANCE):
                    number += 1
                    yield InvoiceLine(
                        str(number), amount, product, of_day.shipped_units, charge="DAMAGE_ALLOWANCE", first=day, last=day
                    )
        day += timedelta(days=1)
