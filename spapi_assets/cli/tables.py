"""The tables of the command line and the demo: coverage, day strips, what waits for a person, and the cost of a plan.
They draw rows that were made elsewhere; nothing is read or decided here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from spapi_assets.ingest.coverage import CoverageRow
    from spapi_assets.ingest.forecast import AccountCost, ReportCost

# One cell a day: colour for the eye, the letter for those who do not see it.
_CELLS = {
    "final": ("█", "green"),
    "provisional": ("▓", "green"),
    "empty_confirmed": ("▒", "green"),
    "requested": ("▶", "cyan"),
    "throttled": ("w", "cyan"),
    "not_published": ("·", "blue"),
    "not_due": ("·", "dim"),
    "missing": ("m", "yellow"),
    "empty_suspected": ("?", "bold yellow"),
    "denied": ("D", "bold red"),
    "failed": ("F", "bold red"),
    "unavailable": ("x", "dim"),
}
_FOR_A_PERSON = ("failed", "denied", "empty_suspected")


def _key(row: CoverageRow) -> str:
    return row.account if row.marketplace is None else f"{row.account}.{row.marketplace}"


def _groups(rows: Sequence[CoverageRow]) -> list[tuple[tuple[str, str], list[CoverageRow]]]:
    groups: dict[tuple[str, str], list[CoverageRow]] = defaultdict(list)
    for row in rows:
        groups[row.dataset, _key(row)].append(row)
    return sorted(groups.items())


def coverage_table(rows: Sequence[CoverageRow]) -> Table:
    """Days and rows loaded per dataset and account, and the reasons of the days without data."""
    table = Table(title="What is loaded, and what is missing and why", title_justify="left", header_style="bold")
    for name in ("dataset", "account", "days", "rows", "states", "missing and why"):
        table.add_column(name, justify="right" if name in ("days", "rows") else "left", overflow="fold")
    for (dataset, account), group in _groups(rows):
        loaded = [r for r in group if r.last_loaded_at is not None]
        reasons: dict[str, list[date]] = defaultdict(list)
        for row in group:
            if row.last_loaded_at is None and row.state != "empty_confirmed":
                reasons[row.reason].append(row.date)
        states = Counter(r.state for r in group)
        lines = [f"{_span(days)}: {reason}" for reason, days in reasons.items()]
        more = [f"and {len(lines) - 4} more reasons (--json lists all)"] if len(lines) > 4 else []
        table.add_row(
            dataset,
            account,
            str(len(loaded)),
            f"{sum(r.rows or 0 for r in loaded):,}",
            ", ".join(f"{n} {s}" for s, n in states.most_common()),
            "\n".join(lines[:4] + more),
        )
    return table


def day_strips(rows: Sequence[CoverageRow], width: int) -> Text:
    """One cell a day, one strip per dataset and account, wrapped to the terminal; the legend names the states that occur."""
    text = Text()
    groups = _groups(rows)
    margin = 12
    per_line = max(7, (width - margin) // 7 * 7)  # whole weeks, so that weekdays stand below each other
    for (dataset, account), group in groups:
        text.append(f"\n{dataset} {account}\n", style="bold")
        days = sorted(group, key=lambda r: r.date)
        for first in range(0, len(days), per_line):
            text.append(f"{days[first].date}  ", style="dim")
            for row in days[first : first + per_line]:
                cell, style = _CELLS.get(row.state, ("#", ""))
                text.append(cell, style=style)
            text.append("\n")
    text.append("\n")
    present = {row.state for row in rows}
    for state, (cell, style) in _CELLS.items():
        if state in present:
            text.append(cell, style=style)
            text.append(f" {state}   ")
    return text


def person_table(rows: Sequence[CoverageRow]) -> Table | None:
    """Days that do not mend themselves: what happened and what to do. None when there are none."""
    found: dict[tuple[str, str, str, str, str], list[date]] = defaultdict(list)
    for row in rows:
        if row.state in _FOR_A_PERSON and row.next_at is None:
            found[row.dataset, _key(row), row.state, row.reason, row.next_action].append(row.date)
    if not found:
        return None
    table = Table(title="Days that wait for a person", title_justify="left", header_style="bold", show_lines=True)
    for name in ("dataset", "account", "days", "state", "reason", "what to do"):
        table.add_column(name, overflow="fold")
    for (dataset, account, state, reason, action), days in sorted(found.items()):
        table.add_row(dataset, account, _span(days), state, reason, action)
    return table


def _span(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{len(days)} days from {min(days)} to {max(days)}"


def plan_tables(
    costs: Sequence[ReportCost], totals: Sequence[AccountCost], first: date, last: date, now: datetime, reserve: float
) -> Iterator[RenderableType]:
    """The cost per report and account, then per account: accounts have quotas of their own."""
    table = Table(title=f"Back-fill from {first} to {last}", title_justify="left", header_style="bold")
    for name in ("report", "account", "days", "loaded", "open", "later", "gone", "person", "requests", "one a day", "note"):
        table.add_column(name, justify="left" if name in ("report", "account", "note") else "right")
    for c in costs:
        counts = (c.days, c.held, c.open, c.not_yet, c.unavailable, c.person)
        table.add_row(c.report, c.account_key, *map(str, counts), str(c.requests), str(c.one_a_day), c.note)
    yield table
    sums = Table(title="Per account", title_justify="left", header_style="bold")
    for name in ("account", "createReport", "getReportDocument", "rate", "free now", "hours", "finished (UTC)", "paced by"):
        sums.add_column(name, justify="left" if name in ("account", "paced by", "finished (UTC)", "rate") else "right")
    for t in totals:
        sums.add_row(
            t.account,
            str(t.requests),
            str(t.requests),
            f"{t.create.rate * 3600:.0f}/h {'learned' if t.create.learned else 'published'}",
            str(int(t.create.available(now.timestamp()))),
            f"{t.hours:.1f}",
            f"{t.finished(now):%Y-%m-%d %H:%M}",
            t.limit,
        )
    yield sums
    yield Text(
        f"Back-fills leave {reserve:.0%} of createReport's burst to fresh data. Amazon's own time to make a report (minutes) and "
        "limits of single report types that it has not told yet are not in the hours.",
        style="dim",
    )
