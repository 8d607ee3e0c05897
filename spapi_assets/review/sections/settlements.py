"""Settlements: the proof, to the cent, that every line of every payout is there."""

from __future__ import annotations

from html import escape

from spapi_assets.review.marts import Marts
from spapi_assets.review.numbers import count, day, money, span
from spapi_assets.review.sections.frame import card, empty, section, table
from spapi_assets.review.svg import tag

SHOWN = 24

_SETTLEMENTS = """
select account, settlement_id, marketplace, currency, cast(settlement_started_at as date) as first,
    cast(settlement_ended_at as date) as last,
    deposit_date, line_count, lines_amount, deposit_amount, difference
from marts.fct_settlements order by deposit_date desc, account, currency, settlement_id"""


def settlements(marts: Marts) -> str:
    rows = marts.rows(_SETTLEMENTS)
    lead = "What the lines of each settlement add up to, against what Amazon says it pays to the bank."
    if not rows:
        return section(
            "settlements", "Settlement balance", lead, empty("No settlement is loaded.", marts.why_missing("settlements"))
        )
    wrong = [r for r in rows if r["difference"] != 0]
    # Settlements that do not balance are always shown, whatever their age.
    shown = [*wrong, *[r for r in rows if r["difference"] == 0]][: max(SHOWN, len(wrong))]
    cells = []
    for r in shown:
        verdict = (
            tag("span", "balances", class_="pill good")
            if r["difference"] == 0
            else tag("span", "does not balance", class_="pill bad")
        )
        cells.append([
            tag("b", escape(r["settlement_id"])) + tag("small", escape(r["account"])),
            escape(f"{r['marketplace']} · {r['currency']}"),
            span(r["first"], r["last"]),
            day(r["deposit_date"]) if r["deposit_date"] else "–",
            count(r["line_count"]),
            money(r["lines_amount"], r["currency"], 2),
            money(r["deposit_amount"], r["currency"], 2),
            money(r["difference"], r["currency"], 2),
            verdict,
        ])  # fmt: skip
    texts = [("Settlement", "name"), ("Store", ""), ("Period", ""), ("Deposit on", "")]
    head = [*texts, *((name, "num") for name in ("Lines", "Lines add up to", "Deposit", "Difference")), ("", "")]
    verdict = (
        f"All {len(rows)} settlements balance to the cent."
        if not wrong
        else f"{len(wrong)} of {len(rows)} settlements do not balance: load them again."
    )
    if len(shown) < len(rows):
        verdict += f" The newest {len(shown)} are shown."
    return section("settlements", "Settlement balance", lead, card(table(head, cells), note=verdict))
