"""Sales and units by day, one chart a store, with promotion days and days without stock to be seen."""

from __future__ import annotations

from datetime import date
from typing import Any

from spapi_assets.review.marts import Marts
from spapi_assets.review.numbers import count, money, share, short_money
from spapi_assets.review.sections.frame import card, empty, legend, section
from spapi_assets.review.timeline import Panel, Strip, days_between, timeline

# A day is incomplete when at least this share of its lines has no price yet: its bar is short for no good reason.
UNPRICED_SHARE = 0.1
# A day is a promotion day when discounts took at least this share of its sales.
PROMOTION_SHARE = 0.03
LONGEST_DAYS = 92

_DAYS = """
select account, marketplace, currency, purchase_date_local as date,
    coalesce(sum(item_price), 0) as sales, coalesce(sum(quantity), 0) as units,
    coalesce(sum(item_promotion_discount), 0) as discount,
    count(*) filter (not is_priced) as unpriced, count(*) as lines
from marts.fct_order_lines
where not is_cancelled and currency is not null
    and purchase_date_local >= (select min(cast(last_updated_at as date)) from marts.fct_order_lines)
    and purchase_date_local > (select max(purchase_date_local) from marts.fct_order_lines) - $days
group by all order by account, marketplace, currency, date"""

_EMPTY_STOCK = """
select account, marketplace, date, count(*) as skus, list(sku order by sku)[:4] as named
from marts.fct_inventory_daily where is_out_of_stock group by all"""


def sales(marts: Marts) -> str:
    stores: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for r in marts.rows(_DAYS, days=LONGEST_DAYS):
        stores.setdefault((r["account"], r["marketplace"], r["currency"]), []).append(r)
    lead = "Ordered sales and units by the store's own calendar day; cancelled lines are left out."
    if not stores:
        return section("sales", "Sales", lead, empty("No orders are loaded.", marts.why_missing("orders_by_last_update")))
    stock = {(r["account"], r["marketplace"], r["date"]): r for r in marts.rows(_EMPTY_STOCK)}
    last = max(rows[-1]["date"] for rows in stores.values())
    first = min(rows[0]["date"] for rows in stores.values())
    key = legend(
        ("c1", "Sales"),
        ("c2", f"Promotion day (discounts of {share(PROMOTION_SHARE, 0)} of sales or more)"),
        ("c1 part", "Sales of a day with many pending orders, not priced yet"),
        ("c3", "Units"),
        ("bad", "SKUs out of stock"),
    )
    return section(
        "sales", "Sales", lead, key, *(_store(who, rows, days_between(first, last), stock) for who, rows in stores.items())
    )


def _store(
    who: tuple[str, str, str], rows: list[dict[str, Any]], days: list[date], stock: dict[tuple[str, str, date], dict[str, Any]]
) -> str:
    account, marketplace, currency = who
    promoted = frozenset(r["date"] for r in rows if r["sales"] and float(r["discount"]) / float(r["sales"]) >= PROMOTION_SHARE)
    incomplete = frozenset(r["date"] for r in rows if r["unpriced"] >= UNPRICED_SHARE * r["lines"])
    tips = {}
    for r in rows:
        lines = [f"{money(r['sales'], currency, 2)} · {count(r['units'])} units"]
        if r["discount"]:
            lines.append(
                f"Promotion discount {money(r['discount'], currency, 2)} ({share(float(r['discount']) / float(r['sales'] or 1))})"
            )
        if r["unpriced"]:
            lines.append(f"{r['unpriced']} of {r['lines']} lines are pending and have no price yet")
        tips[r["date"]] = lines
    marks = {}
    for d in days:
        gone = stock.get((account, marketplace, d))
        if gone:
            more = f" and {gone['skus'] - len(gone['named'])} more" if gone["skus"] > len(gone["named"]) else ""
            marks[d] = f"Out of stock: {', '.join(gone['named'])}{more}"
    chart = timeline(
        days,
        [
            Panel(
                f"Ordered sales, {currency}",
                {r["date"]: float(r["sales"]) for r in rows},
                lambda v: short_money(v, currency),
                highlighted=promoted,
                incomplete=incomplete,
            ),
            Panel("Units", {r["date"]: float(r["units"]) for r in rows}, count, "line", 70, "c3"),
        ],
        tips,
        f"Sales and units by day, {marketplace}",
        Strip("No stock", marks),
    )
    unpriced = sum(r["unpriced"] for r in rows)
    note = f"{count(unpriced)} pending lines count as units; their money appears when Amazon has priced them." if unpriced else ""
    return card(chart, title=f"{marketplace} · {account}", note=note)
