"""What Amazon's models demand in prose: which parameters exclude or need each other, how long a window may be, how pages go.
Each rule quotes the sentence it comes from, and a test looks it up; what the schemas say themselves is validation.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Query = dict[str, Any]
SETTLED = timedelta(minutes=2)


@dataclass(frozen=True)
class Rule:
    """`broken` gives a sentence when (query, body, now) breaks the rule, else None."""

    operation: str
    quote: str
    broken: Callable[[Query, Any, datetime], str | None]


def instant(query: Query, name: str) -> datetime | None:
    return datetime.fromisoformat(query[name].upper()) if name in query else None


def not_together(*names: str) -> Callable[[Query, Any, datetime], str | None]:
    return lambda q, b, now: f"{' and '.join(names)} exclude each other." if all(n in q for n in names) else None


def needs(name: str, other: str, value: str | None = None) -> Callable[[Query, Any, datetime], str | None]:
    def broken(q: Query, b: Any, now: datetime) -> str | None:
        wanted = name in q and (value is None or q[name] == value)
        return f"{other} is required with {name}{f' {value}' if value else ''}." if wanted and other not in q else None

    return broken


def in_order(after: str, before: str) -> Callable[[Query, Any, datetime], str | None]:
    def broken(q: Query, b: Any, now: datetime) -> str | None:
        start, end = instant(q, after), instant(q, before)
        return f"{before} is earlier than {after}." if start and end and end < start else None

    return broken


def settled(*names: str) -> Callable[[Query, Any, datetime], str | None]:
    def broken(q: Query, b: Any, now: datetime) -> str | None:
        late = [n for n in names if (at := instant(q, n)) and at > now - SETTLED]
        return f"{late[0]} is less than two minutes before now." if late else None

    return broken


def within(after: str, before: str, days: int) -> Callable[[Query, Any, datetime], str | None]:
    def broken(q: Query, b: Any, now: datetime) -> str | None:
        start = instant(q, after)
        span = (instant(q, before) or now) - start if start else timedelta(0)
        return f"{after} and {before} are {span} apart, more than {days} days." if span > timedelta(days=days) else None

    return broken


def not_before(name: str, days: int) -> Callable[[Query, Any, datetime], str | None]:
    def broken(q: Query, b: Any, now: datetime) -> str | None:
        at = instant(q, name)
        return f"{name} is more than {days} days ago." if at and at < now - timedelta(days=days) else None

    return broken


def exactly_one(*names: str) -> Callable[[Query, Any, datetime], str | None]:
    return lambda q, b, now: f"Exactly one of {', '.join(names)} is required." if sum(n in q for n in names) != 1 else None


def both_or_neither(*names: str) -> Callable[[Query, Any, datetime], str | None]:
    return lambda q, b, now: f"{' and '.join(names)}: both or neither." if len({n in q for n in names}) == 2 else None


def _posted(q: Query, b: Any, now: datetime) -> str | None:
    given = "postedAfter" in q or {"relatedIdentifierName", "relatedIdentifierValue"} <= set(q)
    return None if given else "postedAfter is required without a related identifier."


def _per_page(q: Query, b: Any, now: datetime) -> str | None:
    return None if 1 <= q.get("maxResultsPerPage", 100) <= 100 else "maxResultsPerPage must be between 1 and 100."


def _interval(q: Query, b: Any, now: datetime) -> str | None:
    parts = re.split("--", q["interval"])
    try:
        start, end = (datetime.fromisoformat(part) for part in parts)
    except ValueError:
        return "interval must be two instants separated by two hyphens."
    if start.tzinfo is None or end.tzinfo is None:
        return "interval must hold absolute times."
    if end <= start:
        return "interval ends before it starts."
    longest = timedelta(days=30 if q["granularity"] == "Hour" else 2 * 366)
    return f"interval starts more than {longest.days} days before now." if start < now - longest else None


def _time_zone(q: Query, b: Any, now: datetime) -> str | None:
    if q["granularity"] in ("Hour", "Total"):
        return None
    if "granularityTimeZone" not in q:
        return "granularityTimeZone is required."
    try:
        zone = ZoneInfo(q["granularityTimeZone"])
        moments = [datetime.fromisoformat(part) for part in q["interval"].split("--")]
    except (ZoneInfoNotFoundError, ValueError):
        return "granularityTimeZone is no IANA time zone."
    fits = all(moment.utcoffset() == moment.astimezone(zone).utcoffset() for moment in moments)
    return None if fits else "granularityTimeZone does not align with the offset of the interval."


def _one_marketplace(q: Query, b: Any, now: datetime) -> str | None:
    return None if len(q["marketplaceIds"]) == 1 else "Only one marketplace can be specified."


def _short_query(q: Query, b: Any, now: datetime) -> str | None:
    return "The query is longer than 8000 characters." if len(re.sub(r"\s+", " ", b["query"]).strip()) > 8000 else None


def _at_most_40(q: Query, b: Any, now: datetime) -> str | None:
    return "More than 40 requests." if len(b.get("requests", [])) > 40 else None


def uri(expected: str) -> Callable[[Query, Any, datetime], str | None]:
    def broken(q: Query, b: Any, now: datetime) -> str | None:
        other = {r["uri"] for r in b.get("requests", [])} - {expected}
        return f"The uri of a request is {other.pop()}, not {expected}." if other else None

    return broken


CATALOG, LISTINGS, ORDERS, FINANCES = "searchCatalogItems", "searchListingsItems", "searchOrders", "listTransactions"
INVOICES, METRICS, PURCHASES, STATUS = "getInvoiceHeaders", "getOrderMetrics", "getPurchaseOrders", "getPurchaseOrdersStatus"
PRICE = "getFeaturedOfferExpectedPriceBatch"
SUMMARY = "getCompetitiveSummary"
RULES = (
    Rule(CATALOG, "You cannot include `identifiers` and `keywords` in the same request", not_together("identifiers", "keywords")),
    Rule(CATALOG, "`identifiersType` is required when `identifiers` is in the request", needs("identifiers", "identifiersType")),
    Rule(CATALOG, "Required when `identifiersType` is `SKU`", needs("identifiersType", "sellerId", "SKU")),
    Rule(CATALOG, "Cannot be used with `identifiers`", not_together("brandNames", "identifiers")),
    Rule(CATALOG, "Cannot be used with `identifiers`", not_together("classificationIds", "identifiers")),
    Rule(CATALOG, "Cannot be used with `identifiers`", not_together("keywordsLocale", "identifiers")),
    Rule(LISTINGS, "This is required when `identifiers` is provided", needs("identifiers", "identifiersType")),
    Rule(LISTINGS, "This is required when you specify `identifiersType`", needs("identifiersType", "identifiers")),
    Rule(LISTINGS, "`variationParentSku` if you include `identifiers`", not_together("variationParentSku", "identifiers")),
    Rule(LISTINGS, "`packageHierarchySku` if you include `identifiers`", not_together("packageHierarchySku", "identifiers")),
    Rule(ORDERS, "exactly one of `createdAfter` and `lastUpdatedAfter`", exactly_one("createdAfter", "lastUpdatedAfter")),
    Rule(ORDERS, "neither `lastUpdatedAfter` nor `lastUpdatedBefore`", not_together("createdAfter", "lastUpdatedBefore")),
    Rule(ORDERS, "neither `createdAfter` nor `createdBefore`", not_together("lastUpdatedAfter", "createdBefore")),
    Rule(ORDERS, "equal to or after the `createdAfter` date", in_order("createdAfter", "createdBefore")),
    Rule(ORDERS, "equal to or after the `lastUpdatedAfter` date", in_order("lastUpdatedAfter", "lastUpdatedBefore")),
    Rule(ORDERS, "at least two minutes before the time of the request", settled("createdBefore", "lastUpdatedBefore")),
    Rule(ORDERS, "The value must be between 1 and 100", _per_page),
    Rule(FINANCES, "This field is required if you do not specify a related identifier", _posted),
    Rule(FINANCES, "more than two minutes before", settled("postedAfter", "postedBefore")),
    Rule(FINANCES, "The date-time must be later than `PostedAfter`", in_order("postedAfter", "postedBefore")),
    Rule(INVOICES, "Either provide both dates or leave both empty", both_or_neither("fromIssueDate", "toIssueDate")),
    Rule(INVOICES, "must not exceed 90 days", within("fromIssueDate", "toIssueDate", 90)),
    Rule(METRICS, "Only one marketplace can be specified", _one_marketplace),
    Rule(METRICS, "two dates separated by two hyphens", _interval),
    Rule(METRICS, "Required when specifying a granularity value greater than Hour", _time_zone),
    Rule(METRICS, "Specifying both ASIN and SKU returns an error", not_together("asin", "sku")),
    Rule(PURCHASES, "The date range must not exceed 7 days", within("createdAfter", "createdBefore", 7)),
    Rule(PURCHASES, "The date range must not exceed 7 days", within("changedAfter", "changedBefore", 7)),
    Rule(PURCHASES, "available to pull data from the past 6 months", not_before("createdAfter", 184)),
    Rule(PURCHASES, "available to pull data from the past 6 months", not_before("changedAfter", 184)),
    Rule(STATUS, "Date range to search must not be more than 7 days", within("createdAfter", "createdBefore", 7)),
    Rule(STATUS, "Date range to search must not be more than 7 days", within("updatedAfter", "updatedBefore", 7)),
    Rule("getInventorySummaries", "no earlier than 18 months prior to the date and time", not_before("startDateTime", 549)),
    Rule("createQuery", "A query must be at most 8000 characters after unnecessary whitespace is removed", _short_query),
    Rule(PRICE, "up to 40 requests", _at_most_40),
    Rule(PRICE, "this is `/products/pricing/2022-05-01/offer/featuredOfferExpectedPrice`",
         uri("/products/pricing/2022-05-01/offer/featuredOfferExpectedPrice")),
    Rule(SUMMARY, "this is `/products/pricing/2022-05-01/items/competitiveSummary`",
         uri("/products/pricing/2022-05-01/items/competitiveSummary")),
)  # fmt: skip

# Tokens: (operation, the sentence). Everywhere else a token goes with the parameters of the request that produced it.
TOKEN_ALONE = {"getReports": "include this token as the only parameter"}
TOKEN_SECONDS = {"getInventorySummaries": (30.0, "The string token will expire 30 seconds after being created")}
PAGE_SIZE_MAY_CHANGE = {"getQueries": "with the exception of `pageSize`"}
# Pages whose size is stated in prose; elsewhere the parameter's default or maximum says it.
PAGE_SIZES = {
    ORDERS: (100, "**Default:** 100"),
    INVOICES: (100, "exceeds the default page size value (100)"),
    "getInvoice": (600, "exceeds the default page size (600)"),
    "listBalances": (500, "more than 500 results"),
    PURCHASES: (100, "Default value is 100 records"),
    STATUS: (100, "Default value is 100 records"),
    "GetShipmentDetails": (50, "Default value is 50 records"),
    "GetShipmentLabels": (50, "Default value is 50 records"),
}
# Windows that Amazon answers with nothing instead of refusing them: (operation, start, end, days, the sentence).
EMPTY_WINDOWS = (
    (FINANCES, "postedAfter", "postedBefore", 180, "are more than 180 days apart, the response is empty"),
)  # fmt: skip


def broken_rules(operation: str, query: Query, body: Any, now: datetime) -> list[str]:
    """What the prose of the model says against a request that its schemas allow."""
    found = (rule.broken(query, body, now) for rule in RULES if rule.operation == operation)
    return [said for said in found if said]


def window_is_empty(operation: str, query: Query, now: datetime) -> bool:
    """Whether Amazon would answer such a long window with an empty list."""
    for name, after, before, days, _ in EMPTY_WINDOWS:
        start = instant(query, after)
        if name == operation and start and (instant(query, before) or now) - start > timedelta(days=days):
            return True
    return False
