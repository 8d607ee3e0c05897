"""At a glance: one row of tiles per account, marketplace and currency, each against the period before."""

from __future__ import annotations

from html import escape
from typing import Any

from spapi_assets.review.marts import Marts, Period
from spapi_assets.review.numbers import change, count, money, share, span
from spapi_assets.review.sections.frame import delta, empty, moved_points, section
from spapi_assets.review.svg import tag

_SELLER = """
select account, marketplace, currency,
    sum(sales) filter (recent) as sales, sum(sales) filter (not recent) as sales_before,
    sum(units) filter (recent) as units, sum(units) filter (not recent) as units_before,
    sum(orders) filter (recent) as orders, sum(orders) filter (not recent) as orders_before,
    sum(discount) filter (recent) as discount, sum(discount) filter (not recent) as discount_before,
    sum(unpriced) filter (recent) as unpriced
from (
    select account, marketplace, currency, purchase_date_local >= $first as recent,
        sum(item_price) as sales, sum(quantity) as units, count(distinct amazon_order_id) as orders,
        sum(item_promotion_discount) as discount, count(*) filter (not is_priced) as unpriced
    from marts.fct_order_lines
    where not is_cancelled and currency is not null and purchase_date_local between $before and $last
    group by all
) group by all order by sales desc nulls last"""

_TRAFFIC = """
select account, marketplace,
    sum(sessions) filter (date >= $first) as sessions, sum(sessions) filter (date < $first) as sessions_before,
    sum(units_ordered) filter (date >= $first) as units, sum(units_ordered) filter (date < $first) as units_before
from marts.fct_marketplace_daily where date between $before and $last group by all"""

_VENDOR = """
select account, marketplace, currency, distributor_view, selling_program,
    sum(shipped_cogs) filter (date >= $first) as cogs, sum(shipped_cogs) filter (date < $first) as cogs_before,
    sum(ordered_revenue) filter (date >= $first) as revenue, sum(ordered_revenue) filter (date < $first) as revenue_before,
    sum(ordered_units) filter (date >= $first) as units, sum(ordered_units) filter (date < $first) as units_before,
    sum(shipped_units) filter (date >= $first) as shipped, sum(shipped_units) filter (date < $first) as shipped_before
from marts.fct_vendor_sales_daily where date between $before and $last group by all order by cogs desc nulls last"""

# Orders are found by their last update: days before the first update that was loaded hold only some of their orders.
SELLER_DAYS = """
select min(cast(last_updated_at as date)) as first, max(purchase_date_local) as last
from marts.fct_order_lines where currency is not null"""
TRAFFIC_DAYS = "select min(date) as first, max(date) as last from marts.fct_marketplace_daily"
VENDOR_DAYS = "select min(date) as first, max(date) as last from marts.fct_vendor_sales_daily"


def glance(marts: Marts) -> str:
    parts = [*_seller(marts), *_vendor(marts)]
    if not parts:
        parts = [empty("No sales yet.", marts.why_missing("orders_by_last_update", "vendor_sales"))]
    lead = "Each row is one store in its own currency; nothing is converted and nothing is added across currencies."
    return section("glance", "At a glance", lead, *parts)


def _bounds(period: Period) -> dict[str, Any]:
    return {"first": period.first, "before": period.previous_first, "last": period.last}


def _seller(marts: Marts) -> list[str]:
    period = marts.period(SELLER_DAYS)
    if period is None or period.days == 0:
        return []
    traffic_period = marts.period(TRAFFIC_DAYS)
    traffic = {}
    if traffic_period and traffic_period.days:
        traffic = {(r["account"], r["marketplace"]): r for r in marts.rows(_TRAFFIC, **_bounds(traffic_period))}
    rows = []
    for r in marts.rows(_SELLER, **_bounds(period)):
        tiles = [
            _measure("Ordered sales", r, "sales", r["currency"]),
            _measure("Units", r, "units", None),
            _measure("Orders", r, "orders", None),
            _ratio_tile(
                "Promotion discount", r["discount"], r["sales"], r["discount_before"], r["sales_before"], good_when_up=None
            ),
        ]
        seen = traffic.get((r["account"], r["marketplace"]))
        if seen:
            tiles.append(
                _ratio_tile("Units per session", seen["units"], seen["sessions"], seen["units_before"], seen["sessions_before"])
            )
        rows.append(_row(r, period, tiles))
    return rows


def _vendor(marts: Marts) -> list[str]:
    period = marts.period(VENDOR_DAYS)
    if period is None or period.days == 0:
        return []
    measures = (("Shipped COGS", "cogs", True), ("Ordered revenue", "revenue", True), ("Ordered units", "units", False),
                ("Shipped units", "shipped", False))  # fmt: skip
    return [
        _row(r, period, [_measure(name, r, column, r["currency"] if is_money else None) for name, column, is_money in measures])
        for r in marts.rows(_VENDOR, **_bounds(period))
    ]


def _measure(name: str, r: dict[str, Any], column: str, currency: str | None) -> str:
    """A tile of a column and its `_before` twin; in money when a currency is given."""
    now, before = r[column], r[f"{column}_before"]
    written = [count(v) if currency is None else money(v, currency) for v in (now, before)]
    return _tile(name, written[0], change(now, before), written[1])


def _row(r: dict[str, Any], period: Period, tiles: list[str]) -> str:
    whose = r["account"] + (f" · {r['distributor_view']}, {r['selling_program']}".lower() if r.get("distributor_view") else "")
    head = tag("h3", escape(f"{r['marketplace']} · {r['currency']}") + tag("small", escape(whose)))
    when = tag("p", escape(f"{span(period.first, period.last)}, against the {period.days} days before"), class_="when")
    if r.get("unpriced"):
        when += tag("p", escape(f"{count(r['unpriced'])} pending lines have no price yet"), class_="when")
    return tag("div", tag("div", head + when, class_="whose") + tag("div", "".join(tiles), class_="tiles"), class_="card glance")


def _tile(name: str, value: str, changed: float | None, previous: str) -> str:
    before = previous if previous != "–" else "nothing in the period before"
    figure = tag("span", escape(name), class_="name") + tag("strong", escape(value))
    return tag("div", figure + tag("p", delta(changed, before)), class_="tile")


def _ratio_tile(
    name: str, part: Any, whole: Any, part_before: Any, whole_before: Any, *, good_when_up: bool | None = True
) -> str:
    now = float(part or 0) / float(whole) if whole else None
    before = float(part_before or 0) / float(whole_before) if whole_before else None
    points = None if now is None or before is None else now - before
    moved = moved_points(points, share(before), good_when_up=good_when_up)
    figure = tag("span", escape(name), class_="name") + tag("strong", escape(share(now)))
    return tag("div", figure + tag("p", moved), class_="tile")
