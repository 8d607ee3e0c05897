"""The three hourly vendor reports (sales, traffic, inventory) as JSON after Amazon's schemas, and the windows Amazon allows them.
Only full hours inside the window are reported, and only once they are published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from ....business.catalog import Product
from ....business.demand import LAUNCH
from ....business.vendor_hours import Hour, hour_facts
from ....business.vendor_stock import available
from ...json_document import json_document, number
from ...model import BadRequest, Document, NoData, NotAvailableYet, Request
from ...periods import NOT_YET
from .common import full_hours, require_options

_SALES_LAG = timedelta(minutes=5)
_TRAFFIC_LAG = timedelta(minutes=60)
_LONGEST_LOOK_BACK = timedelta(days=30)
_INVENTORY_LOOK_BACK = timedelta(hours=168)


def sales(request: Request) -> Document:
    """Hourly orders; the currency is an option and stands in no row."""
    require_options(request, "currencyCode")
    m = request.one_marketplace()
    currency = request.option("currencyCode", (m.currency,), "")
    _not_before(request, _LONGEST_LOOK_BACK)

    def row(_: Product, __: datetime, hour: Hour) -> dict[str, Any]:
        return {"orderedUnits": hour.units, "orderedRevenue": number(hour.revenue, m)}

    return _document(request, row, _SALES_LAG, {"reportOptions": {"currencyCode": currency}})


def traffic(request: Request) -> Document:
    """Hourly glance views."""
    if request.end > request.now - _TRAFFIC_LAG:
        raise NotAvailableYet(f"{NOT_YET}. dataEndTime must be at least 60 minutes earlier than the time of the request.")
    _not_before(request, _LONGEST_LOOK_BACK)

    def row(_: Product, __: datetime, hour: Hour) -> dict[str, Any]:
        return {"glanceViews": hour.views}

    return _document(request, row, _TRAFFIC_LAG, {})


def inventory(request: Request) -> Document:
    """Hourly units that can be sold."""
    _not_before(request, _INVENTORY_LOOK_BACK)
    if request.end - request.start > timedelta(hours=24):
        raise BadRequest("dataEndTime must not be more than 24 hours after dataStartTime.")
    m, b = request.one_marketplace(), request.business

    def row(product: Product, start: datetime, hour: Hour) -> dict[str, Any]:
        return {"highlyAvailableInventory": available(b.seed, request.account, m, product, start, hour, b.scale)}

    return _document(request, row, _SALES_LAG, {})


def _not_before(request: Request, look_back: timedelta) -> None:
    if request.start < request.now - look_back:
        hours = int(look_back.total_seconds() // 3600)
        raise BadRequest(f"dataStartTime must not be more than {hours} hours before the time of the request.")


def _document(
    request: Request, row: Callable[[Product, datetime, Hour], dict[str, Any]], lag: timedelta, more: dict[str, Any]
) -> Document:
    m, b = request.one_marketplace(), request.business
    start, end = request.start.astimezone(UTC), request.end.astimezone(UTC)
    hours = full_hours(start, end)
    if not hours:
        raise BadRequest("There is no full hour between dataStartTime and dataEndTime.")
    published = [hour for hour in hours if hour + timedelta(hours=1) + lag <= request.now]
    if not published:
        raise NotAvailableYet(NOT_YET)
    if published[-1].date() < LAUNCH:
        raise NoData("The vendor group sold nothing then.")
    rows = []
    for hour in published:
        dates = {"startTime": _iso(hour), "endTime": _iso(hour + timedelta(hours=1))}
        for product, facts in hour_facts(b.seed, request.account, m, hour, b.scale).items():
            rows.append({**dates, "asin": product.asin, **row(product, hour, facts)})
    head = {"reportType": request.report_type, "dataStartTime": _iso(start), "dataEndTime": _iso(end), "marketplaceIds": [m.id]}
    return json_document({"reportSpecification": head | more, "reportData": rows})


def _iso(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
