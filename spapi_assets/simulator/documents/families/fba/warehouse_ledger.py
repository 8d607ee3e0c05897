"""GET_LEDGER_SUMMARY_VIEW_DATA and GET_LEDGER_DETAIL_VIEW_DATA: the balances of Amazon's warehouses, and every movement in them.
Dates are month first in every marketplace; a pool's days are its marketplaces' local days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from ....business.demand import LAUNCH
from ....business.ledger import Event, LedgerDay, days, published
from ....business.marketplaces import Marketplace, utc
from ....business.titles import title
from ...flat import Cells, named_file
from ...model import Document, NoData, Request
from ...rules import local_dates, pools

SUMMARY = (
    "Date", "FNSKU", "ASIN", "MSKU", "Title", "Disposition", "Starting Warehouse Balance", "In Transit Between Warehouses",
    "Receipts", "Customer Shipments", "Customer Returns", "Vendor Returns", "Warehouse Transfer In/Out", "Found", "Lost",
    "Damaged", "Disposed", "Other Events", "Ending Warehouse Balance", "Unknown Events", "Location",
)  # fmt: skip
DETAIL = (
    "Date", "FNSKU", "ASIN", "MSKU", "Title", "Event Type", "Reference ID", "Quantity", "Fulfillment Center", "Disposition",
    "Reason", "Country", "Reconciled Quantity", "Unreconciled Quantity", "Date and Time",
)  # fmt: skip
_TYPES = ("Adjustments", "CustomerReturns", "Receipts", "Shipments", "VendorReturns", "WhseTransfers")
_COLUMN = {
    "Receipts": "Receipts", "Shipments": "Customer Shipments", "CustomerReturns": "Customer Returns",
    "VendorReturns": "Vendor Returns", "WhseTransfers": "Warehouse Transfer In/Out", "AdjustmentsF": "Found",
    "AdjustmentsM": "Lost", "AdjustmentsE": "Damaged", "AdjustmentsD": "Disposed",
}  # fmt: skip
_HISTORY = timedelta(days=550)  # Amazon keeps 18 months
_Key = tuple[str, str, str]  # sku, disposition, location


def summary(request: Request) -> Document:
    """Starting balance + events = ending balance for each period, SKU, disposition and country (or centre)."""
    by_centre = request.option("aggregateByLocation", ("COUNTRY", "FC"), "COUNTRY") == "FC"
    period = request.option("aggregatedByTimePeriod", ("DAILY", "WEEKLY", "MONTHLY"), "MONTHLY")
    rows: list[Cells] = []
    for pool, m in pools(request).items():
        periods: dict[date, list[LedgerDay]] = defaultdict(list)
        for day in _days(request, pool, m):
            periods[_first_day(day.day, period)].append(day)
        for first, found in periods.items():
            name = first.strftime("%m/%Y" if period == "MONTHLY" else "%m/%d/%Y")
            rows += (row for row in _summarised(found, m, by_centre, name) if _wanted(request, row))
    if not rows:
        raise NoData("The ledger holds nothing for the dates.")
    return named_file(SUMMARY, rows, request.marketplaces[0])


def detail(request: Request) -> Document:
    """One row a movement; the option eventType keeps one kind."""
    wanted = request.option("eventType", ("", *_TYPES), "")
    rows: list[Cells] = []
    for pool, m in pools(request).items():
        for day in _days(request, pool, m):
            events = (_event(e, day.day, m) for e in day.events if wanted in ("", e.kind))
            rows += (row for row in events if _wanted(request, row))
    if not rows:
        raise NoData("Nothing moved on the dates.")
    return named_file(DETAIL, rows, request.marketplaces[0])


def _days(request: Request, pool: str, m: Marketplace) -> Iterator[LedgerDay]:
    first, last = local_dates(request, m.zone)
    now = request.now.timestamp()
    first = max(first, LAUNCH, request.now.date() - _HISTORY)
    last = min(last, request.now.date() + timedelta(days=1))
    while last >= first and not published(m.zone, last, now):
        last -= timedelta(days=1)
    if last >= first:
        yield from days(request.business, request.account, pool, first, last)


def _first_day(day: date, period: str) -> date:
    if period == "MONTHLY":
        return day.replace(day=1)
    return day - timedelta(days=(day.weekday() + 1) % 7) if period == "WEEKLY" else day


def _summarised(found: list[LedgerDay], m: Marketplace, by_centre: bool, name: str) -> Iterator[Cells]:
    cells: dict[_Key, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMMARY[6:20], 0))
    products = {}
    for product, disposition, centre in {*found[0].opening, *found[-1].closing}:
        key = (product.sku, disposition, centre.code if by_centre else centre.country)
        products[product.sku] = product
        place = (product, disposition, centre)
        cells[key]["Starting Warehouse Balance"] += found[0].opening.get(place, 0)
        cells[key]["Ending Warehouse Balance"] += found[-1].closing.get(place, 0)
    for day in found:
        for e in day.events:
            products[e.product.sku] = e.product
            key = (e.product.sku, e.disposition, e.centre.code if by_centre else e.centre.country)
            cells[key][_COLUMN[e.kind + e.reason]] += e.quantity
    for (sku, disposition, location), numbers in sorted(cells.items()):
        if any(numbers.values()):
            product = products[sku]
            yield {
                "Date": name, "FNSKU": product.fnsku, "ASIN": product.asin, "MSKU": sku, "Title": title(product, m.language),
                "Disposition": disposition, "Location": location, **numbers,
            }  # fmt: skip


def _event(e: Event, day: date, m: Marketplace) -> Cells:
    adjusted = abs(e.quantity) if e.kind == "Adjustments" else 0
    return {
        "Date": day.strftime("%m/%d/%Y"), "FNSKU": e.product.fnsku, "ASIN": e.product.asin, "MSKU": e.product.sku,
        "Title": title(e.product, m.language), "Event Type": e.kind, "Reference ID": e.reference, "Quantity": e.quantity,
        "Fulfillment Center": e.centre.code, "Disposition": e.disposition, "Reason": e.reason, "Country": e.centre.country,
        "Reconciled Quantity": adjusted, "Unreconciled Quantity": 0,
        "Date and Time": utc(e.at).astimezone(m.tz).isoformat(timespec="seconds"),
    }  # fmt: skip


def _wanted(request: Request, row: Cells) -> bool:
    """The options FNSKU, MSKU and ASIN keep one product."""
    return all(row[name] == request.options[name] for name in ("FNSKU", "MSKU", "ASIN") if name in request.options)
