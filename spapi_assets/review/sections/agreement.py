"""Do the sources agree? Each pair of Amazon's sources with how often they told the same, and every difference.
What is compared is in dbt_project/, the wording it shares with the checks is `review/differences.py`."""

from __future__ import annotations

from html import escape
from typing import Any

from spapi_assets.review.differences import Agreement, agreements, amount, what
from spapi_assets.review.marts import Marts
from spapi_assets.review.numbers import count, day
from spapi_assets.review.sections.frame import card, empty, legend, section, table
from spapi_assets.review.svg import tag

SHOWN = 12  # differences in the table
NAMED = 4  # orders or SKUs named beside one

# State -> class of the swatch and its name, in the order of the bar.
_STATES = {
    "equal": ("good", "Equal"),
    "within_tolerance": ("s-provisional", "Within a named tolerance"),
    "different": ("bad", "Different"),
    "not_comparable": ("s-not_published", "Cannot be compared yet"),
}


def agreement(marts: Marts) -> str:
    lead = (
        "Amazon tells most numbers twice. Each store's day is held against the other source: orders by order, listings and stock "
        "by SKU. A day that one side does not hold, or may still change, is left open rather than called equal."
    )
    found = [one for one in agreements(marts).values() if one.counts.total()]
    if not found:
        why = "Nothing is loaded of two sources that could be held against each other."
        return section("agreement", "Do the sources agree?", lead, empty("Nothing could be compared.", why))
    key = legend(*((class_, name) for class_, name in _STATES.values()))
    return section("agreement", "Do the sources agree?", lead, key, _pairs(found), _differences(found))


def _pairs(found: list[Agreement]) -> str:
    cells = []
    for one in found:
        judged = one.counts.total() - one.counts["not_comparable"]
        verdict = tag("span", "agree", class_="pill good") if judged and one.agrees else ""
        if not one.agrees:
            verdict = tag("span", f"{len(one.differences)} different", class_="pill bad")
        why = "" if judged or not one.open_because else tag("small", escape(str(one.open_because[0]["reason"])))
        cells.append([
            tag("b", escape(f"{one.left[0].upper()}{one.left[1:]}")) + tag("small", escape(f"against {one.right}")),
            count(judged), _bar(one), verdict or tag("span", "open", class_="was") + why,
        ])  # fmt: skip
    head = [("Sources", "name"), ("Compared", "num"), ("", "wide"), ("", "")]
    return card(table(head, cells), note="One comparison is a measure of a store on a day: orders, units, sales, prices, stock.")


def _bar(one: Agreement) -> str:
    """The shares of the states, side by side."""
    total = one.counts.total()
    parts = "".join(
        tag("i", style=f"width:{one.counts[state] / total * 100:.1f}%;display:inline-block;border-radius:0", class_=class_)
        for state, (class_, _) in _STATES.items()
        if one.counts[state]
    )
    return tag("span", parts, class_="bar", style="font-size:0")


def _differences(found: list[Agreement]) -> str:
    wrong: list[dict[str, Any]] = [d for one in found for d in one.differences]
    if not wrong:
        return card(
            tag("p", "No difference: wherever both sources hold a day for good, they tell the same."), title="Differences"
        )
    wrong.sort(key=lambda d: (-d["date"].toordinal(), d["account"], d["marketplace"], d["check_name"], d["measure"]))
    cells = []
    for d in wrong[:SHOWN]:
        names = ", ".join(str(r["row_key"]) for r in d["rows"][:NAMED])
        more = f" and {d['rows_different'] - NAMED} more" if d["rows_different"] > NAMED else ""
        subject = d["subject"] if d["rows_different"] == 1 else f"{d['subject']}s"
        cells.append([
            tag("b", escape(f"{d['marketplace']} · {day(d['date'])}")) + tag("small", escape(d["account"])),
            escape(what(d)), _said(d, "left"), _said(d, "right"),
            tag("b", escape(f"{count(d['rows_different'])} {subject}")) + tag("small", escape(names + more)),
        ])  # fmt: skip
    head = [("Store and day", "name"), ("Measure", ""), ("One source", "num"), ("The other", "num"), ("What differs", "")]
    note = "Every row is in marts.data_reconciliation_rows; docs/reconciliation.md says what to do."
    if len(wrong) > SHOWN:
        note = f"The newest {SHOWN} of {len(wrong)} are shown. {note}"
    return card(table(head, cells), title=f"Differences ({len(wrong)})", note=note)


def _said(d: dict[str, Any], side: str) -> str:
    return tag("b", escape(amount(d, d[f"{side}_value"]))) + tag("small", escape(d[f"{side}_source"]))
