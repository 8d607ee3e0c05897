"""Reports that exist though nobody asked for them through the API: settlements, held money, sales tax, another tool's snapshots.
What stands in them is the families' business; their ids and times are the same at every start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from ..business.accounts import Account
from ..business.business import Business
from ..business.demand import LAUNCH
from ..business.seeds import derive
from ..business.settlements import periods
from ..business.shipments import shipped_orders
from .families.finance.settlement_v1 import REMOVED
from .model import ListedReport

SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
SETTLEMENT_V1 = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE"
SETTLEMENT_XML = "GET_V2_SETTLEMENT_REPORT_DATA_XML"
FBA_INVENTORY = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
HELD_MONEY = "GET_DATE_RANGE_FINANCIAL_HOLDS_DATA"
SALES_TAX = "GET_FLAT_FILE_SALES_TAX_DATA"
EASY_SHIP = "GET_EASYSHIP_DOCUMENTS"


def listed(
    business: Business, selling_partner_id: str, report_types: Iterable[str], since: datetime, until: datetime
) -> list[ListedReport]:
    """Reports created in [since, until) that nobody asked for through the API, oldest first.

    Settlements of every marketplace (the older layouts too, until Amazon removed them), the FBA inventory snapshots that another
    application makes of each stock pool at 05:00 UTC every day, held money every Monday, the sales tax of the month before, and
    Easy Ship papers in India. Amazon keeps reports for 90 days; the caller bounds `since`.
    """
    account = business.account(selling_partner_id)
    if account.kind != "seller":
        return []
    found = [r for t in set(report_types) & set(_LISTED) for r in _LISTED[t](business, account, since, until)]
    return sorted(found, key=lambda r: (r.created, r.report_id))


def _report_id(business: Business, account: Account, *parts: str | int) -> str:
    return str(50_000_000_000 + derive(business.seed, "report", account.index, *parts) % 40_000_000_000)


def _settlements(business: Business, account: Account, since: datetime, until: datetime) -> Iterator[ListedReport]:
    for m in account.marketplaces:
        for p in periods(business, account, m, since.timestamp(), until.timestamp()):
            start, end, created = (datetime.fromtimestamp(t, tz=UTC) for t in (p.start, p.end, p.created))
            yield ListedReport(_report_id(business, account, "settlement", p.id), SETTLEMENT, (m.id,), start, end, created)


def _settlements_v1(business: Business, account: Account, since: datetime, until: datetime) -> Iterator[ListedReport]:
    return _older_settlements(business, account, since, until, SETTLEMENT_V1, "settlement v1")


def _settlements_xml(business: Business, account: Account, since: datetime, until: datetime) -> Iterator[ListedReport]:
    return _older_settlements(business, account, since, until, SETTLEMENT_XML, "settlement xml")


def _older_settlements(
    business: Business, account: Account, since: datetime, until: datetime, report_type: str, name: str
) -> Iterator[ListedReport]:
    """The same settlements in a layout that Amazon has removed."""
    for m in account.marketplaces:
        for p in periods(business, account, m, since.timestamp(), min(until, REMOVED).timestamp()):
            start, end, created = (datetime.fromtimestamp(t, tz=UTC) for t in (p.start, p.end, p.created))
            yield ListedReport(_report_id(business, account, name, p.id), report_type, (m.id,), start, end, created)


def _days(since: datetime, until: datetime, hour: int) -> Iterator[tuple[date, datetime]]:
    """The days on which a report made at `hour` UTC is created in [since, until)."""
    day = max(since.astimezone(UTC).date(), LAUNCH)
    while (created := datetime(day.year, day.month, day.day, hour, tzinfo=UTC)) < until:
        if created >= since:
            yield day, created
        day += timedelta(days=1)


def _snapshots(business: Business, account: Account, since: datetime, until: datetime) -> Iterator[ListedReport]:
    for day, created in _days(since, until, 5):
        for m in {m.pool: m for m in reversed(account.marketplaces)}.values():  # the first marketplace of each stock pool
            id_ = _report_id(business, account, "snapshot", m.code, day.toordinal())
            yield ListedReport(id_, FBA_INVENTORY, (m.id,), created, created, created)


def _held_money(business: Business, account: Account, since: datetime, until: datetime) -> Iterator[ListedReport]:
    for day, created in _days(since, until, 7):
        if day.weekday() == 0:
            for m in account.marketplaces:
                id_ = _report_id(business, account, "held money", m.code, day.toordinal())
                yield ListedReport(id_, HELD_MONEY, (m.id,), created - timedelta(days=7), created, created)


def _sales_tax(business: Business, account: Account, since: datetime, until: datetime) -> Iterator[ListedReport]:
    for day, created in _days(since, until, 9):
        if day.day == 3:
            end = datetime(day.year, day.month, 1, tzinfo=UTC)
            start = (end - timedelta(days=1)).replace(day=1)
            for m in account.marketplaces:
                if m.code == "US" and start.date() >= LAUNCH:
                    id_ = _report_id(business, account, "sales tax", day.toordinal())
                    yield ListedReport(id_, SALES_TAX, (m.id,), start, end, created)


def _easy_ship(business: Business, account: Account, since: datetime, until: datetime) -> Iterator[ListedReport]:
    """What Seller Central prints every morning: the papers of the day before, if there was a parcel to send."""
    for day, created in _days(since, until, 6):
        for m in account.marketplaces:
            if m.code == "IN":
                start = created - timedelta(days=1)
                parcels = shipped_orders(business, account, m, start.timestamp(), created.timestamp())
                if any(order.merchant_fulfilled for order in parcels):
                    id_ = _report_id(business, account, "easy ship", day.toordinal())
                    yield ListedReport(id_, EASY_SHIP, (m.id,), start, created, created)


_LISTED: dict[str, Callable[[Business, Account, datetime, datetime], Iterator[ListedReport]]] = {
    SETTLEMENT: _settlements,
    SETTLEMENT_V1: _settlements_v1,
    SETTLEMENT_XML: _settlements_xml,
    FBA_INVENTORY: _snapshots,
    HELD_MONEY: _held_money,
    SALES_TAX: _sales_tax,
    EASY_SHIP: _easy_ship,
}
