"""analytics_salesAndTraffic_2024_04_24: rows by date, by ASIN and by both, with the numbers of GET_SALES_AND_TRAFFIC_REPORT.
What the report does not tell (shipments and refunds of an ASIN, business customers' part of them) comes from handled.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from graphql import GraphQLResolveInfo

from spapi_assets.simulator.business.catalog import PRODUCTS, Product
from spapi_assets.simulator.business.handled import Handled, Moved, handled, summed
from spapi_assets.simulator.business.marketplaces import Marketplace
from spapi_assets.simulator.business.traffic import DayFacts, collect, total
from spapi_assets.simulator.documents.families.analytics.sales_and_traffic import KEYS, by_asin, by_date, ratio
from spapi_assets.simulator.documents.inward import inside
from spapi_assets.simulator.documents.json_document import amount
from spapi_assets.simulator.documents.periods import Period
from spapi_assets.simulator.kiosk.query import Asking, Failed, Row

_MOST_ASINS = 30
_NAMES = ("parentAsin", "childAsin", "sku")


def sales_and_traffic_by_date(asking: Asking, _: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Iterator[Row]:
    """One row a store and whole period."""
    first, last = asking.window(arguments["startDate"], arguments["endDate"])
    for m in asking.marketplaces(arguments["marketplaceIds"]):
        for period in inside(arguments["aggregateBy"], first, last):
            days, moved = _facts(asking, m, period)
            if not days:
                continue
            report = by_date(period[0], list(days.values()), m)
            f = total(facts for day in days.values() for facts in day.products)
            sales = report["salesByDate"] | _b2b_of_date(moved.values(), f.units_b2b, m)
            none = {"feedbackReceivedB2B": 0, "negativeFeedbackReceivedB2B": 0, "receivedNegativeFeedbackRateB2B": 0.0}
            yield _dates(period, m) | {"sales": sales, "traffic": report["trafficByDate"] | none}


def sales_and_traffic_by_asin(asking: Asking, _: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Iterator[Row]:
    """One row a store and product for the whole window."""
    window = asking.window(arguments["startDate"], arguments["endDate"])
    for m in asking.marketplaces(arguments["marketplaceIds"]):
        yield from _rows(asking, m, window, arguments["aggregateBy"])


def sales_and_traffic_trends(asking: Asking, _: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Iterator[Row]:
    """One row a named child ASIN and whole period."""
    level = arguments["asinAggregation"]
    if level != "CHILD":
        raise Failed(f"asinAggregation {level} is not supported; only CHILD is.")
    first, last = asking.window(arguments["startDate"], arguments["endDate"])
    for wanted in arguments["filters"]:
        if not 1 <= len(wanted["asins"]) <= _MOST_ASINS:
            raise Failed(f"A filter must name 1 to {_MOST_ASINS} child ASINs, not {len(wanted['asins'])}.")
        for m in asking.marketplaces([wanted["marketplaceId"]]):
            for period in inside(arguments["dateAggregation"], first, last):
                for row in _rows(asking, m, period, level):
                    if row["childAsin"] in wanted["asins"]:
                        yield row | {"asinAggregation": level}


def _facts(asking: Asking, m: Marketplace, period: Period) -> tuple[dict[date, DayFacts], dict[date, Handled]]:
    account = asking.business.account(asking.account.selling_partner_id)
    days = collect(asking.business, account, m, *period, asking.now)
    return dict(sorted(days.items())), handled(asking.business, account, m, *period, asking.now)


def _rows(asking: Asking, m: Marketplace, period: Period, level: str) -> Iterator[Row]:
    days, moved = _facts(asking, m, period)
    key: Callable[[Product], tuple[str, ...]] = KEYS[level]
    everyone, businesses = (
        {
            names: summed(part[p.index] for part in parts for p in PRODUCTS if key(p) == names)
            for names in dict.fromkeys(map(key, PRODUCTS))
        }
        for parts in ([day.everyone for day in moved.values()], [day.business for day in moved.values()])
    )
    for row in by_asin(list(days.values()), key, m):
        names = tuple(row[name] for name in _NAMES if name in row)
        sales = row["salesByAsin"]
        sales |= _handled(everyone[names], sales["unitsOrdered"], "", m)
        sales |= _handled(businesses[names], sales["unitsOrderedB2B"], "B2B", m)
        identity = dict.fromkeys(_NAMES) | dict(zip(_NAMES, names, strict=False))
        yield _dates(period, m) | identity | {"sales": sales, "traffic": row["trafficByAsin"]}


def _b2b_of_date(moved: Iterable[Handled], units: int, m: Marketplace) -> Row:
    found = _handled(summed(part for day in moved for part in day.business), units, "B2B", m)
    return found | {"claimsAmountB2B": amount(0, m), "claimsGrantedB2B": 0}


def _handled(moved: Moved, ordered: int, ending: str, m: Marketplace) -> Row:
    found: Row = {
        "ordersShipped": len(moved.orders),
        "shippedProductSales": amount(moved.sales, m),
        "unitsShipped": moved.units,
        "unitsRefunded": moved.refunded_units,
        "refundRate": ratio(moved.refunded_units, ordered),
    }
    return {name + ending: value for name, value in found.items()}


def _dates(period: Period, m: Marketplace) -> Row:
    return {"marketplaceId": m.id, "startDate": period[0].isoformat(), "endDate": period[1].isoformat()}
