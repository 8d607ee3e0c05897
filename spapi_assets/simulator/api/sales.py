"""The Sales API v1: getOrderMetrics, for sellers: the orders of the order reports counted by intervals.
The rules of intervals, zones and granularities are those of Amazon's model of the operation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.stores import named_stores, now_of, partner
from spapi_assets.simulator.business.marketplaces import Marketplace
from spapi_assets.simulator.business.metrics import Filter, Metrics, count
from spapi_assets.simulator.errors import invalid_input

GRANULARITIES = ("Hour", "Day", "Week", "Month", "Year", "Total")
_OLDEST = {"Hour": timedelta(days=30)}
_OLDEST_OTHERS = timedelta(days=731)


def get_order_metrics(call: Call) -> Answer:
    query, now = call.query, now_of(call)
    stores, granularity = named_stores(call, most=1), query.text("granularity")
    if granularity not in GRANULARITIES:
        raise invalid_input(f"'granularity' must be one of {', '.join(GRANULARITIES)}.")
    start, end = _interval(query.text("interval"))
    if now - start > _OLDEST.get(granularity, _OLDEST_OTHERS):
        raise invalid_input(f"The interval begins too long ago for the granularity {granularity}.")
    if end - now > timedelta(days=1):
        raise invalid_input("The interval must not end in the future.")
    zone = _zone(query.text("granularityTimeZone"), granularity, start, end)
    wanted = _filter(call)
    monday = _one_of(call, "firstDayOfWeek", ("Monday", "Sunday"), "Monday") == "Monday"
    _one_of(call, "amazonProgram", ("AmazonHaul",), None)
    if not stores:
        return {"payload": []}
    m = stores[0]
    bounds = _bounds(start, end, granularity, zone, monday=monday)
    if query.text("amazonProgram"):  # nothing is sold in Amazon's bargain store
        found = [Metrics() for _ in bounds[1:]]
    else:
        instants = [b.timestamp() for b in bounds]
        found = count(call.state.business, partner(call), m, instants, wanted, now.timestamp())
    return {"payload": [_describe(bounds[n], bounds[n + 1], one, m) for n, one in enumerate(found)]}


def _interval(text: str | None) -> tuple[datetime, datetime]:
    parts = (text or "").split("--")
    try:
        start, end = (datetime.fromisoformat(part) for part in parts)
    except ValueError:
        raise invalid_input(f"'interval' must be two ISO 8601 date-times separated by two hyphens, not {text!r}.") from None
    if start.tzinfo is None or end.tzinfo is None:
        raise invalid_input("The times of 'interval' must be absolute: with Z or an offset.")
    if end <= start:
        raise invalid_input("The interval's end must be after its start.")
    return start, end


def _zone(name: str | None, granularity: str, start: datetime, end: datetime) -> tzinfo:
    """The zone that days begin in; its offset must be that of the interval."""
    if name is None:
        if granularity not in ("Hour", "Total"):
            raise invalid_input(f"'granularityTimeZone' is required for the granularity {granularity}.")
        return start.tzinfo or UTC
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise invalid_input(f"'granularityTimeZone' is not a time zone: {name!r}.") from None
    for when in (start, end):
        if when.utcoffset() != when.astimezone(zone).utcoffset():
            raise invalid_input(
                "'granularityTimeZone' does not align with the offset of 'interval'.", f"{when.isoformat()} {name}"
            )
    return zone


def _filter(call: Call) -> Filter:
    query = call.query
    if {"asin", "sku"} <= query.names():
        raise invalid_input("Only one of 'asin' and 'sku' may be provided.")
    buyer = _one_of(call, "buyerType", ("B2B", "B2C", "All"), "All")
    network = _one_of(call, "fulfillmentNetwork", ("MFN", "AFN"), None)
    return Filter(
        {"B2B": True, "B2C": False}.get(buyer or ""),
        None if network is None else network == "AFN",
        query.text("asin"),
        query.text("sku"),
    )


def _one_of(call: Call, name: str, allowed: tuple[str, ...], default: str | None) -> str | None:
    text = call.query.text(name)
    if text is not None and text not in allowed:
        raise invalid_input(f"'{name}' must be one of {', '.join(allowed)}, not {text!r}.")
    return default if text is None else text


def _bounds(start: datetime, end: datetime, granularity: str, zone: tzinfo, *, monday: bool) -> list[datetime]:
    """The interval's start, the boundaries within it, and its end: the first and the last part may be partial."""
    found = [start]
    if granularity != "Total":
        cut = _floor(start.astimezone(zone), granularity, monday=monday)
        while (cut := _next(cut, granularity)).timestamp() < end.timestamp():
            found.append(cut)
    return [when.astimezone(zone) for when in (*found, end)]


def _floor(when: datetime, granularity: str, *, monday: bool) -> datetime:
    if granularity == "Hour":
        return when.replace(minute=0, second=0, microsecond=0)
    day = when.replace(hour=0, minute=0, second=0, microsecond=0)
    if granularity == "Week":
        return day - timedelta(days=day.weekday() if monday else day.isoweekday() % 7)
    if granularity == "Month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if granularity == "Year" else day


def _next(when: datetime, granularity: str) -> datetime:
    """The boundary after: hours are real ones, days and more are the calendar's."""
    if granularity == "Hour":
        return (when.astimezone(UTC) + timedelta(hours=1)).astimezone(when.tzinfo)
    if granularity == "Month":
        return when.replace(year=when.year + when.month // 12, month=when.month % 12 + 1)
    if granularity == "Year":
        return when.replace(year=when.year + 1)
    return when + timedelta(days=7 if granularity == "Week" else 1)


def _describe(start: datetime, end: datetime, found: Metrics, m: Marketplace) -> dict[str, object]:
    average = Decimal(found.sales) / found.units if found.units else Decimal(0)
    return {
        "interval": f"{_minutes(start)}--{_minutes(end)}",
        "unitCount": found.units,
        "orderItemCount": found.items,
        "orderCount": found.orders,
        "averageUnitPrice": _money(average, m),
        "totalSales": _money(Decimal(found.sales), m),
    }


def _minutes(when: datetime) -> str:
    """`2026-11-01T00:00-07:00`, and `Z` for UTC, as Amazon writes it."""
    text = when.isoformat(timespec="minutes")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _money(minor: Decimal, m: Marketplace) -> dict[str, str]:
    """Decimal text without trailing zeros, as Amazon's examples have it."""
    amount = (minor / 10**m.digits).quantize(Decimal(1).scaleb(-m.digits))
    text = f"{amount:f}"
    return {"amount": text.rstrip("0").rstrip(".") if "." in text else text, "currencyCode": m.currency}
