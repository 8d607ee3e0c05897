"""Stock cover: how many days the stock lasts at the pace it sells, the shortest first."""

from __future__ import annotations

from html import escape
from typing import Any

from spapi_assets.review.marts import Marts
from spapi_assets.review.numbers import count, day, decimal
from spapi_assets.review.sections.frame import bar, card, empty, section, table
from spapi_assets.review.svg import tag

SHORT_DAYS = 14
FULL_BAR_DAYS = 90.0
SHOWN = 15

_NEWEST = """
select i.account, i.marketplace, i.date, i.sku, d.title, i.fulfillable_units, i.reserved_units,
    coalesce(i.inbound_shipped_units, 0) + coalesce(i.inbound_receiving_units, 0) as inbound, i.units_per_day, i.days_of_cover,
    i.days_without_stock_28d, i.days_observed_28d
from marts.fct_inventory_daily as i
left join marts.dim_product as d on d.account = i.account and d.marketplace = i.marketplace and d.sku = i.sku
where i.date = (
    select max(n.date) from marts.fct_inventory_daily as n where n.account = i.account and n.marketplace = i.marketplace
)
order by i.account, i.marketplace, i.days_of_cover nulls last, i.sku"""


def stock(marts: Marts) -> str:
    lead = (
        "Sellable units against the pace of the last 28 days; days without stock (days empty) do not slow it. "
        f"Under {SHORT_DAYS} days is marked. Stores of the European Union share one stock, so their demand is counted together."
    )
    stores: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for r in marts.rows(_NEWEST):
        stores.setdefault((r["account"], r["marketplace"]), []).append(r)
    if not stores:
        return section("stock", "Stock cover", lead, empty("No stock report is loaded.", marts.why_missing("fba_inventory")))
    return section(
        "stock", "Stock cover", lead, tag("div", "".join(_store(*who, rows) for who, rows in stores.items()), class_="pair even")
    )


def _store(account: str, marketplace: str, rows: list[dict[str, Any]]) -> str:
    selling = [r for r in rows if r["days_of_cover"] is not None]
    cells = []
    for r in selling[:SHOWN]:
        cover = float(r["days_of_cover"])
        short = cover < SHORT_DAYS
        name = tag("b", escape(r["sku"])) + tag("small", escape(r["title"] or ""))
        flag = (
            tag("span", "out of stock" if r["fulfillable_units"] == 0 else f"{decimal(cover)} days", class_="pill bad")
            if short
            else f"{decimal(cover, 0)} days"
        )
        units = count(r["fulfillable_units"])
        if r["inbound"]:
            units += tag("small", escape(f"+{count(r['inbound'])} inbound"))
        pace = decimal(r["units_per_day"], 2)
        if r["days_without_stock_28d"]:
            pace += tag("small", escape(f"{r['days_without_stock_28d']} days empty"))
        cells.append([name, units, pace, bar(cover, FULL_BAR_DAYS, "bad" if short else "c4"), flag])
    head = [("SKU", "name"), ("Sellable", "num"), ("Sold a day", "num"), ("", "wide"), ("Cover", "num")]
    short_count = sum(float(r["days_of_cover"]) < SHORT_DAYS for r in selling)
    notes = [f"Stock of {day(rows[0]['date'])}.", f"{short_count} of {len(rows)} SKUs last less than {SHORT_DAYS} days."]
    if len(selling) > SHOWN:
        notes.append(f"The {SHOWN} shortest are shown.")
    idle = len(rows) - len(selling)
    if idle:
        notes.append(f"{idle} SKU{'s' * (idle > 1)} sold nothing in 28 days, so no cover can be told.")
    return card(table(head, cells, "tight"), title=f"{marketplace} · {account}", note=" ".join(notes))
