"""Visits and conversion by day, one chart a store, from Amazon's own daily totals."""

from __future__ import annotations

from datetime import date
from typing import Any

from spapi_assets.review.marts import Marts
from spapi_assets.review.numbers import count, decimal, money, share
from spapi_assets.review.sections.frame import card, empty, legend, section
from spapi_assets.review.timeline import Panel, days_between, timeline

_DAYS = """
select account, marketplace, currency, date, sessions, page_views, units_ordered, ordered_product_sales, units_per_session,
    buy_box_percentage
from marts.fct_marketplace_daily
where date > (select max(date) from marts.fct_marketplace_daily) - 92
order by account, marketplace, date"""


def traffic(marts: Marts) -> str:
    stores: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for r in marts.rows(_DAYS):
        stores.setdefault((r["account"], r["marketplace"]), []).append(r)
    lead = (
        "Visits to the product pages and units ordered per visit, as Amazon totals the store's day: "
        "orders cancelled later stay counted."
    )
    if not stores:
        why = marts.why_missing("sales_and_traffic_by_date", "sales_and_traffic_by_asin")
        return section("traffic", "Traffic and conversion", lead, empty("No traffic is loaded.", why))
    days = days_between(min(s[0]["date"] for s in stores.values()), max(s[-1]["date"] for s in stores.values()))
    cards = []
    for (account, marketplace), rows in stores.items():
        tips = {
            r["date"]: [
                f"{count(r['sessions'])} sessions · {count(r['page_views'])} page views",
                f"{count(r['units_ordered'])} units ({money(r['ordered_product_sales'], r['currency'] or '', 2)}), "
                f"{share(r['units_per_session'])} of sessions",
                f"Featured offer in {decimal(r['buy_box_percentage'])} % of page views"
                if r["buy_box_percentage"] is not None
                else "",
            ]
            for r in rows
        }
        panels = [
            Panel("Sessions", _known(rows, "sessions"), count, height=110, class_="c4"),
            Panel("Units per session", _known(rows, "units_per_session"), lambda v: share(v, 0), "line", 80, "c3"),
        ]
        cards.append(
            card(
                timeline(days, panels, tips, f"Sessions and conversion by day, {marketplace}"), title=f"{marketplace} · {account}"
            )
        )
    return section("traffic", "Traffic and conversion", lead, legend(("c4", "Sessions"), ("c3", "Units per session")), *cards)


def _known(rows: list[dict[str, Any]], column: str) -> dict[date, float]:
    return {r["date"]: float(r[column]) for r in rows if r[column] is not None}
