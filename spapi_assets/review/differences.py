"""What the mart data_reconciliation says, as counts and sentences: for the review's section and for Dagster's checks.
Only reading and wording; what is compared is in dbt_project/, how the page looks is `sections/agreement.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from spapi_assets.review.numbers import money

SHOWN = 5  # keys named in a sentence
STATES = ("equal", "within_tolerance", "different", "not_comparable")

_COUNTS = """
select check_name, left_source, right_source, state, count(*) as number, min(date) as first, max(date) as last
from marts.data_reconciliation group by all order by all"""

_WRONG = """
select * from marts.data_reconciliation where state = 'different' order by date desc, account, marketplace, check_name, measure"""

_ROWS = """
select * from marts.data_reconciliation_rows where state = 'different'
order by date desc, account, marketplace, check_name, measure, abs(difference) desc, row_key"""

_WHY = """
select check_name, reason, count(*) as number, min(date) as first, max(date) as last
from marts.data_reconciliation where state = 'not_comparable' group by all order by number desc, reason"""


class Database(Protocol):
    """What is asked: `Marts` of the review."""

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]: ...


@dataclass
class Agreement:
    """One check: how many comparisons came out how, each difference as a sentence with its rows, and why days are left open."""

    check: str
    left: str
    right: str
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[dict[str, Any]] = field(default_factory=list)
    open_because: list[dict[str, Any]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        return not self.differences

    @property
    def sentence(self) -> str:
        judged = sum(self.counts[state] for state in ("equal", "within_tolerance", "different"))
        told = f"{judged:,} comparisons of the {self.left} with {the(self.right)}: {self.counts['equal']:,} equal"
        told += f", {self.counts['within_tolerance']:,} within their tolerance" if self.counts["within_tolerance"] else ""
        told += f", {len(self.differences):,} different" if self.differences else ""
        told += f"; {self.counts['not_comparable']:,} could not be made yet." if self.counts["not_comparable"] else "."
        if not judged and self.counts["not_comparable"]:
            told = f"Nothing to hold the {self.left} and {the(self.right)} against each other: {self.open_because[0]['reason']}"
        return " ".join([told, *(d["sentence"] for d in self.differences[:3])])


def agreements(database: Database) -> dict[str, Agreement]:
    """Every check of the mart, by name."""
    found: dict[str, Agreement] = {}
    for r in database.rows(_COUNTS):
        agreement = found.setdefault(r["check_name"], Agreement(r["check_name"], r["left_source"], r["right_source"]))
        agreement.counts[r["state"]] += r["number"]
    rows: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for r in database.rows(_ROWS):
        rows.setdefault(_key(r), []).append(r)
    for r in database.rows(_WRONG):
        behind = rows.get(_key(r), [])
        found[r["check_name"]].differences.append({**r, "rows": behind, "sentence": sentence(r, behind)})
    for r in database.rows(_WHY):
        found[r["check_name"]].open_because.append(r)
    return found


def sentence(difference: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """`DE 2026-11-20: orders report 120 units, Orders API 118; 2 orders differ: 302-..., 302-...; tolerance units_exact (0).`"""
    d = difference
    one = d["rows_different"] == 1
    subject = d["subject"] if one else f"{d['subject']}s"
    names = ", ".join(str(r["row_key"]) for r in rows[:SHOWN]) + (" ..." if len(rows) > SHOWN else "")
    return (
        f"{d['marketplace']} {d['date']} ({d['account']}): {d['left_source']} {amount(d, d['left_value'])} {what(d)}, "
        f"{d['right_source']} {amount(d, d['right_value'])}; {d['rows_different']:,} {subject} differ{'s' * one}: {names}; "
        f"tolerance {d['tolerance_name']} ({amount(d, d['tolerance'])})."
    )


def what(comparison: Mapping[str, Any]) -> str:
    """The measure in words."""
    return str(comparison["measure"]).replace("_", " ").replace("asin", "ASINs")


def amount(comparison: Mapping[str, Any], value: Any) -> str:
    """A value of a comparison as people write it: money with its currency, anything else as a number."""
    if value is None:
        return "nothing"
    return money(value, comparison["currency"], 2) if comparison["currency"] else f"{float(value):,.0f}"


def the(source: str) -> str:
    """Amazon's names stand by themselves, things of ours with their article."""
    return source if source[0].isupper() and not source.endswith("API") else f"the {source}"


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("check_name", "account", "marketplace", "date", "measure", "currency"))
