"""Puts the sections together into one self-contained HTML file that opens offline and prints.
The look is style.css, the frame and the script are page.html."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template

from spapi_assets.review.marts import Marts
from spapi_assets.review.numbers import day, span
from spapi_assets.review.sections.agreement import agreement
from spapi_assets.review.sections.coverage import coverage
from spapi_assets.review.sections.glance import glance
from spapi_assets.review.sections.profit import profit
from spapi_assets.review.sections.sales import sales
from spapi_assets.review.sections.settlements import settlements
from spapi_assets.review.sections.stock import stock
from spapi_assets.review.sections.traffic import traffic
from spapi_assets.review.sections.vendor import vendor

SECTIONS = (glance, sales, profit, traffic, stock, vendor, settlements, agreement, coverage)
_HERE = Path(__file__).parent

# A day counts as due when a platform without any fault would have it by now.
_SUMMARY = """
select count(*) filter (is_usable) as usable, count(*) filter (state not in ('not_due', 'not_published', 'unavailable')) as due,
    count(*) filter (state = 'not_published') as later, count(*) filter (state = 'unavailable') as never,
    count(distinct dataset) as datasets, count(distinct account) as accounts, min(date) as first,
    max(date) filter (state <> 'not_due') as last
from marts.data_coverage"""


def write_review(
    duckdb_path: Path | str, out: Path | str, title: str = "Business review", generated_at: datetime | None = None
) -> Path:
    """Writes the review of the marts in `duckdb_path` to `out` and returns the file.

    Raises ReviewError when the DuckDB file or one of the marts is missing. Tables without rows are shown as such, with the
    reason the coverage table gives.
    """
    made = generated_at or datetime.now(UTC)
    with Marts(Path(duckdb_path)) as marts:
        sections = "\n".join(section(marts) for section in SECTIONS)
        summary = _summary(marts)
    page = Template((_HERE / "page.html").read_text("utf-8")).substitute(
        title=escape(title),
        summary=escape(summary),
        generated=escape(f"Made {day(made.date())}, {made:%H:%M} {made.tzname() or ''}".strip()),
        style=(_HERE / "style.css").read_text("utf-8"),
        sections=sections,
    )
    target = Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, "utf-8")
    return target


def _summary(marts: Marts) -> str:
    facts = marts.rows(_SUMMARY)[0]
    if facts["last"] is None:
        return "No partition is known yet."
    there = f"all {facts['due']:,}" if facts["usable"] == facts["due"] else f"{facts['usable']:,} of {facts['due']:,}"
    text = (
        f"{facts['datasets']} datasets of {facts['accounts']} accounts, {span(facts['first'], facts['last'])}: "
        f"{there} days that are due can be read"
    )
    others = ((facts["later"], "come later"), (facts["never"], "can never be had"))
    return ", ".join([text, *(f"{number:,} {what}" for number, what in others if number)]) + "."
