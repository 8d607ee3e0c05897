"""Profit: where the money went, and which SKUs earn it. Settled money only, one block per account, marketplace and currency."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from html import escape
from typing import Any

from spapi_assets.review.marts import Marts
from spapi_assets.review.numbers import count, money, share, span
from spapi_assets.review.sections.frame import bar, card, empty, section, table
from spapi_assets.review.svg import tag
from spapi_assets.review.waterfall import waterfall

_Span = tuple[datetime, datetime]  # start of the first settlement, end of the last, in UTC
WEEKS = 8
SHOWN = 12

_SKUS = """
select p.account, p.marketplace, p.currency, p.sku, any_value(d.title) as title,
    sum(settled_units) as units, sum(revenue) as revenue, sum(promotions) as promotions, sum(refunds) as refunds,
    sum(fees) as fees,
    sum(advertising) as advertising, sum(other) as other, sum(net_proceeds) as net,
    min(week_start) filter (payout <> 0) as first, max(week_start) filter (payout <> 0) as last
from marts.sku_profit_weekly as p
left join marts.dim_product as d on d.account = p.account and d.marketplace = p.marketplace and d.sku = p.sku
where week_start > (select max(week_start) from marts.sku_profit_weekly where payout <> 0) - 7 * $weeks
group by all
having sum(payout) <> 0 or sum(settled_units) <> 0
order by p.account, p.marketplace, p.currency, net desc"""

_BY_WEEK = """
select account, marketplace, currency, week_start, sum(settled_units) as units, sum(revenue) as revenue, sum(net_proceeds) as net
from marts.sku_profit_weekly
where week_start > (select max(week_start) from marts.sku_profit_weekly where payout <> 0) - 7 * $weeks
group by all having sum(payout) <> 0 or sum(settled_units) <> 0 order by week_start"""

_SETTLED = """
select account, marketplace, currency, min(settlement_started_at) as first, max(settlement_ended_at) as last
from marts.fct_settlements group by all"""

_ONLY_SETTLED = """
select distinct marketplace from marts.sku_profit_weekly where payout <> 0 and marketplace not in ('OFF_AMAZON', 'SEVERAL')
    and (account, marketplace) not in (select (account, marketplace) from marts.fct_order_lines)
order by marketplace"""

_PARTS = (
    ("Promotions", "promotions"),
    ("Refunds", "refunds"),
    ("Amazon fees", "fees"),
    ("Advertising", "advertising"),
    ("Other", "other"),
)


def profit(marts: Marts) -> str:
    blocks: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for r in marts.rows(_SKUS, weeks=WEEKS):
        blocks.setdefault((r["account"], r["marketplace"], r["currency"]), []).append(r)
    weeks: dict[tuple[str, str, str], list[dict[str, Any]]] = {who: [] for who in blocks}
    for r in marts.rows(_BY_WEEK, weeks=WEEKS):
        weeks.setdefault((r["account"], r["marketplace"], r["currency"]), []).append(r)
    lead = (
        f"The newest {WEEKS} weeks with settled money: what customers paid without tax, what Amazon took, and what is left "
        "before the cost of goods. Every settlement line is in one of these steps."
    )
    strangers = [r["marketplace"] for r in marts.rows(_ONLY_SETTLED)]
    if strangers:
        lead += f" Settlements bring every store of an account: of {', '.join(strangers)} no other report is asked for."
    settled = {(r["account"], r["marketplace"], r["currency"]): (r["first"], r["last"]) for r in marts.rows(_SETTLED)}
    if not blocks:
        return section("profit", "Profit", lead, empty("Nothing is settled yet.", marts.why_missing("settlements")))
    return section("profit", "Profit", lead, *(_block(who, rows, weeks[who], settled.get(who)) for who, rows in blocks.items()))


def _block(who: tuple[str, str, str], rows: list[dict[str, Any]], weekly: list[dict[str, Any]], settled: _Span | None) -> str:
    account, marketplace, currency = who
    total = {
        name: float(sum(r[name] for r in rows))
        for name in ("revenue", "promotions", "refunds", "fees", "advertising", "other", "net")
    }
    steps = [(title, total[name]) for title, name in _PARTS if total[name]]
    flow = waterfall(
        ("Revenue", total["revenue"]), steps, "Net proceeds", currency, f"From revenue to net proceeds, {marketplace}"
    )
    firsts = [r["first"] for r in rows if r["first"]]
    weeks = span(min(firsts), max(r["last"] for r in rows if r["last"]) + timedelta(days=6)) if firsts else ""
    margin = f"{share(total['net'] / total['revenue'])} of revenue is left" if total["revenue"] else "No revenue in these weeks"
    left = card(flow, title=f"{marketplace} · {currency} · {account}", note=f"{margin}. Weeks {weeks}.") + _weeks(
        weekly, currency, settled
    )
    return tag("div", tag("div", left) + _skus(rows, currency), class_="pair")


def _cut(week: date, settled: _Span | None) -> str:
    """What a week lacks because the settlements start or end inside it; nothing when it is whole."""
    if settled is None:
        return ""
    if settled[1] < datetime.combine(week + timedelta(days=7), time(0)):
        return f"settled until {settled[1].day} {settled[1]:%b}"
    return f"settled from {settled[0].day} {settled[0]:%b}" if settled[0].date() > week else ""


def _weeks(rows: list[dict[str, Any]], currency: str, settled: _Span | None) -> str:
    cut = {r["week_start"]: _cut(r["week_start"], settled) for r in rows}
    largest = max((abs(float(r["net"])) for r in rows), default=0.0)
    cells = [
        [
            span(r["week_start"], r["week_start"] + timedelta(days=6))
            + (tag("small", escape(cut[r["week_start"]])) if cut[r["week_start"]] else ""),
            count(r["units"]),
            money(r["revenue"], currency),
            bar(float(r["net"]), largest, "total"),
            money(r["net"], currency),
            share(float(r["net"]) / float(r["revenue"])) if r["revenue"] and not cut[r["week_start"]] else "–",
        ]
        for r in rows
    ]
    head = [
        ("Week of posting", ""),
        ("Units", "num"),
        ("Revenue", "num"),
        ("", "wide"),
        ("Net proceeds", "num"),
        ("Margin", "num"),
    ]
    note = (
        "By the day an amount was booked; a settlement ends in the middle of a week, so the newest week is cut "
        "short and has no margin. Advertising, storage and subscriptions count in the week they were charged."
    )
    return card(table(head, cells, "tight"), title="By week", note=note)


def _skus(rows: list[dict[str, Any]], currency: str) -> str:
    products = [r for r in rows if r["sku"] != "(no SKU)"]
    largest = max((abs(float(r["net"])) for r in products), default=0.0)
    shown = products if len(products) <= SHOWN else [*products[: SHOWN - 3], *products[-3:]]
    cells = []
    for r in shown:
        name = tag("b", escape(r["sku"])) + tag("small", escape(r["title"] or ""))
        kept = share(float(r["net"]) / float(r["revenue"])) if r["revenue"] else "–"
        cells.append([name, count(r["units"]), bar(float(r["net"]), largest), money(r["net"], currency), kept])
    head = [("SKU", "name"), ("Units", "num"), ("", "wide"), ("Net proceeds", "num"), ("Margin", "num")]
    notes = []
    if len(products) > len(shown):
        notes.append(f"The best {SHOWN - 3} and the last 3 of {len(products)} SKUs.")
    common = sum(float(r["net"]) for r in rows if r["sku"] == "(no SKU)")
    if common:
        notes.append(
            f"{money(common, currency)} of advertising, storage and subscription belong to no SKU and are not spread over them."
        )
    return card(table(head, cells, "tight"), title="Net proceeds by SKU", note=" ".join(notes))
