"""Vendor sales: what Amazon ordered out and shipped of the vendor's products, and which products lead."""

from __future__ import annotations

from html import escape
from typing import Any

from spapi_assets.review.marts import Marts, Period
from spapi_assets.review.numbers import count, money, short_money, span
from spapi_assets.review.sections.frame import bar, card, empty, legend, section, table
from spapi_assets.review.sections.glance import VENDOR_DAYS
from spapi_assets.review.timeline import Panel, days_between, timeline

_DAYS = """
select account, marketplace, currency, distributor_view, selling_program, date, sum(ordered_units) as ordered,
    sum(shipped_units) as shipped, sum(shipped_cogs) as cogs, sum(ordered_revenue) as revenue
from marts.fct_vendor_sales_daily where date > (select max(date) from marts.fct_vendor_sales_daily) - 92
group by all order by account, marketplace, currency, distributor_view, selling_program, date"""

_PRODUCTS = """
select asin, sum(ordered_units) as ordered, sum(shipped_units) as shipped, sum(shipped_cogs) as cogs
from marts.fct_vendor_sales_daily
where account = $account and marketplace = $marketplace and currency = $currency and date between $first and $last
    and distributor_view = $view and selling_program = $program
group by asin order by cogs desc limit 10"""


# Account, marketplace, currency, view and programme: views overlap, so each has figures of its own.
Who = tuple[str, str, str, str, str]


def vendor(marts: Marts) -> str:
    stores: dict[Who, list[dict[str, Any]]] = {}
    for r in marts.rows(_DAYS):
        who = (r["account"], r["marketplace"], r["currency"], r["distributor_view"], r["selling_program"])
        stores.setdefault(who, []).append(r)
    lead = "Units customers ordered from Amazon, and the value at cost of what was shipped: the vendor's own revenue."
    period = marts.period(VENDOR_DAYS)
    if not stores or period is None:
        return section("vendor", "Vendor sales", lead, empty("No vendor sales are loaded.", marts.why_missing("vendor_sales")))
    cards = [_store(marts, who, rows, period) for who, rows in stores.items()]
    return section("vendor", "Vendor sales", lead, legend(("c1", "Shipped COGS"), ("c3", "Ordered units")), *cards)


def _store(marts: Marts, who: Who, rows: list[dict[str, Any]], period: Period) -> str:
    account, marketplace, currency, view, program = who
    tips = {
        r["date"]: [
            f"Shipped {count(r['shipped'])} units, {money(r['cogs'], currency, 2)} at cost",
            f"Ordered {count(r['ordered'])} units, {money(r['revenue'], currency, 2)}",
        ]
        for r in rows
    }
    panels = [
        Panel(
            f"Shipped COGS, {currency}",
            {r["date"]: float(r["cogs"]) for r in rows},
            lambda v: short_money(v, currency),
            height=120,
        ),
        Panel(
            "Ordered units", {r["date"]: float(r["ordered"]) for r in rows if r["ordered"] is not None}, count, "line", 70, "c3"
        ),
    ]
    chart = timeline(days_between(rows[0]["date"], rows[-1]["date"]), panels, tips, f"Vendor sales by day, {marketplace}")
    best = marts.rows(
        _PRODUCTS, account=account, marketplace=marketplace, currency=currency, view=view, program=program,
        first=period.first, last=period.last,
    )  # fmt: skip
    largest = max((float(r["cogs"] or 0) for r in best), default=0.0)
    cells = [
        [
            f"<b>{escape(r['asin'])}</b>",
            count(r["ordered"]),
            count(r["shipped"]),
            bar(float(r["cogs"] or 0), largest),
            money(r["cogs"], currency),
        ]
        for r in best
    ]
    head = [("ASIN", "name"), ("Ordered units", "num"), ("Shipped units", "num"), ("", "wide"), ("Shipped COGS", "num")]
    return card(chart, title=f"{marketplace} · {account} · {view.lower()}, {program.lower()}") + card(
        table(head, cells, "tight"), title=f"Products by shipped COGS, {span(period.first, period.last)}"
    )
