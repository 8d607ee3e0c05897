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

from spapi_assets.ingest.spans import SETTLED, counted, spans

if TYPE_CHECKING:
    from spapi_assets.ingest.coverage import CoverageRow
    from spapi_assets.ingest.forecast import AccountCost, ReportCost
    from spapi_assets.ingest.reading_costs import ReadCost, ReadTotal

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


def _groups(rows: Sequence[CoverageRow]) -> list[tuple[tuple[str, str], list[CoverageRow]]]:
    groups: dict[tuple[str, str], list[CoverageRow]] = defaultdict(list)
    for row in rows:
        groups[row.dataset, row.account_key].append(row)
    return sorted(groups.items())


def open_rows(rows: Sequence[CoverageRow]) -> list[CoverageRow]:
    """The rows of those datasets and accounts of which something is still open: not all loaded for good, or not due."""
    return [row for _, group in _groups(rows) if any(r.state not in SETTLED for r in group) for row in group]


def coverage_table(rows: Sequence[CoverageRow]) -> Table:
    """What is loaded per dataset and account, and of what is not, or may still change: why, what happens next and when.

    The tables of one report or API are loaded together: those of which the same is known, period by period, share a row.
    """
    table = Table(title="What is loaded, and what is missing and why", title_justify="left", header_style="bold")
    for name in ("dataset", "account", "loaded", "rows", "states", "open, why, and what happens next"):
        table.add_column(name, justify="right" if name in ("loaded", "rows") else "left", overflow="fold")
    table.columns[0].no_wrap = True  # names and rows stand side by side, line by line
    alike: dict[tuple[object, ...], list[list[CoverageRow]]] = defaultdict(list)
    for (_, account), group in _groups(rows):
        alike[group[0].report, account, *((r.date, r.state, r.last_loaded_at is None) for r in group)].append(group)
    for groups in alike.values():
        first = groups[0]
        states = Counter(r.state for r in first)
        lines = [f"{s.state} {s.when}: {s.sentence}" for s in spans(first) if not s.settled]
        more = [f"and {len(lines) - 4} more reasons (--json lists all)"] if len(lines) > 4 else []
        table.add_row(
            "\n".join(group[0].dataset for group in groups),
            first[0].account_key,
            counted(sum(r.last_loaded_at is not None for r in first), first[0].period),
            "\n".join(f"{sum(r.rows or 0 for r in group if r.last_loaded_at is not None):,}" for group in groups),
            ", ".join(f"{n} {s}" for s, n in states.most_common()),
            "\n".join(lines[:4] + more),
        )
    return table


NAMED = 20  # datasets a sentence can name


def complete_line(rows: Sequence[CoverageRow]) -> str:
    """The datasets and accounts that nothing is open of, in a sentence; empty when there are none."""
    whole: dict[str, list[str]] = defaultdict(list)
    for (dataset, account), group in _groups(rows):
        if all(r.state in SETTLED for r in group):
            whole[dataset].append(account)
    if len(whole) > NAMED:
        return f"Nothing is open of {len(whole)} other datasets; --all shows them."
    told = ", ".join(f"{dataset} ({', '.join(accounts)})" for dataset, accounts in whole.items())
    return f"Nothing is open of {len(whole)} datasets (--all shows them): {told}." if whole else ""


def day_strips(rows: Sequence[CoverageRow], width: int) -> Text:
    """One cell a day (or other period), one strip per dataset and account, wrapped to the terminal, and a legend."""
    text = Text()
    groups = _groups(rows)
    margin = 12
    per_line = max(7, (width - margin) // 7 * 7)  # whole weeks, so that weekdays stand below each other
    for (dataset, account), group in groups:
        cells = "" if group[0].period == "day" else f", one cell a {group[0].period}"
        text.append(f"\n{dataset} {account}{cells}\n", style="bold")
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
    found = spans(row for row in rows if row.state in _FOR_A_PERSON and row.next_at is None)
    if not found:
        return None
    table = Table(title="What waits for a person", title_justify="left", header_style="bold", show_lines=True)
    for name in ("dataset", "account", "days", "state", "reason", "what to do"):
        table.add_column(name, overflow="fold")
    for s in found:
        table.add_row(s.dataset, s.account_key, s.when, s.state, s.reason, s.next_action)
    return table


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


def read_tables(costs: Sequence[ReadCost], totals: Sequence[ReadTotal], now: datetime) -> Iterator[RenderableType]:
    """The calls that readings of APIs need, by source and account, and what sets each account's pace."""
    table = Table(title="APIs", title_justify="left", header_style="bold")
    left = ("API", "account", "operation", "rate", "note")
    for name in ("API", "account", "operation", "days", "read", "identifiers", "calls", "minutes", "rate", "note"):
        table.add_column(name, justify="left" if name in left else "right")
    for c in costs:
        rate = f"{c.rate:.2g}/s {'learned' if c.learned else 'published'}"
        counts = (str(c.days), str(c.read), f"{c.identifiers:,}" if c.identifiers else "", f"{c.calls:,}")
        table.add_row(c.source, c.account_key, c.operation, *counts, f"{c.seconds / 60:.1f}", rate, c.note)
    yield table
    for t in totals:
        if t.calls:
            yield Text(
                f"{t.account}: {t.calls:,} calls, done by {t.finished(now):%Y-%m-%d %H:%M} UTC"
                + (f", paced by {t.operation}." if t.seconds else ", at once.")
            )
