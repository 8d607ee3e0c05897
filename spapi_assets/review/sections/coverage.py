"""Coverage: what is there, what is not, and a sentence for every gap."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from html import escape
from typing import Any

from spapi_assets.review.heatmap import STATES, Run, heatmap, runs
from spapi_assets.review.marts import Marts
from spapi_assets.review.numbers import span
from spapi_assets.review.sections.frame import card, empty, section
from spapi_assets.review.svg import tag

LONGEST_DAYS = 120
SENTENCES = 20
# What a reader can do something about comes first.
URGENCY = ("failed", "denied", "missing", "empty_suspected", "throttled", "requested", "not_published", "unavailable")
SILENT = {"final", "provisional", "empty_confirmed", "not_due"}
SETTLED = SILENT - {"provisional"}
FEW = 16  # so many rows are read at once; of more, the complete ones are folded away ...
MOST = 60  # ... and of those left, the most urgent are drawn
NAMED = 4  # datasets and accounts of which the same gap is told by name

_DAYS = """
select dataset, report, account, marketplace, date, period, period_end, state, row_count, reason, next_action
from marts.data_coverage where date > (select max(date) from marts.data_coverage where state <> 'not_due') - $days
order by dataset, account, marketplace, date"""


def coverage(marts: Marts) -> str:
    found = marts.rows(_DAYS, days=LONGEST_DAYS)
    lead = "What is known about every day of every dataset. A day is never silently empty: it is there, or there is a reason."
    if not found:
        why = "platform.coverage has no rows. The asset platform/coverage writes it from the report ledger: materialize it."
        return section("coverage", "Data coverage", lead, empty("Nothing is known yet.", why))
    rows = _strips(found)
    last = max(r["date"] for r in found)
    first = max(min(r["date"] for r in found), last - timedelta(days=LONGEST_DAYS))
    present = {run.state for row in rows.values() for run in row}
    key = "".join(
        tag("span", tag("i", class_=f"s-{state}") + tag("b", escape(name)) + escape(f" {meaning}"))
        for state, (name, meaning) in STATES.items()
        if state in present
    )
    whole = {who: row for who, row in rows.items() if all(run.state in SETTLED for run in row)} if len(rows) > FEW else {}
    ranked = sorted((who for who in rows if who not in whole), key=lambda who: (_urgency(rows[who]), who))
    shown = {who: rows[who] for who in sorted(ranked[:MOST])}
    parts = [heatmap(shown, first, last)] if shown else []
    if left := len(ranked) - len(shown):
        parts.append(tag("p", f"{left} more rows, less urgent than these, are in the table marts.data_coverage.", class_="note"))
    if whole:
        told = f"{len(whole)} of {len(rows)} rows are complete: every day that is due is loaded for good, or known to be empty."
        parts.append(tag("details", tag("summary", told) + heatmap(whole, first, last)))
    parts.append(tag("p", key, class_="legend states"))
    return section("coverage", "Data coverage", lead, card("".join(parts), note=_still_changing(rows)), _gaps(rows))


def _strips(found: list[dict[str, Any]]) -> dict[tuple[str, str], list[Run]]:
    """(name, whose) -> runs. Tables of one report or API are one strip while the same is known of them day by day."""
    tables: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for r in found:
        whose = r["account"] if r["marketplace"] == "ALL" else f"{r['account']} · {r['marketplace']}"
        tables.setdefault((r["report"], whose, r["dataset"]), []).append(r)
    alike: dict[tuple[str, str, tuple[object, ...]], list[list[dict[str, Any]]]] = {}
    for (report, whose, _), days in tables.items():
        alike.setdefault((report, whose, tuple((r["date"], r["state"]) for r in days)), []).append(days)
    kept = Counter((report, whose) for report, whose, _ in tables)
    strips = {}
    for (report, whose, _), group in alike.items():
        dataset, number = group[0][0]["dataset"], len(group)
        all_of_it = f"{report} ({number} tables)" if number == kept[report, whose] else f"{dataset} and {number - 1} more"
        name = dataset if number == 1 else all_of_it
        strips[name.replace("_", " "), whose] = runs([_together(day) for day in zip(*group, strict=True)])
    return dict(sorted(strips.items()))


def _together(day: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """One day of several tables: all rows, and the first one's reason, named where they have several."""
    reason = day[0]["reason"] if len({r["reason"] for r in day}) == 1 else f"{day[0]['dataset']}: {day[0]['reason']}"
    return day[0] | {"row_count": sum(r["row_count"] or 0 for r in day), "reason": reason}


def _urgency(row: list[Run]) -> int:
    """The place of a row's most urgent state; what is only provisional comes after all gaps."""
    return min((URGENCY.index(run.state) for run in row if run.state in URGENCY), default=len(URGENCY))


def _still_changing(rows: dict[tuple[str, str], list[Run]]) -> str:
    """What is loaded and not final yet, in a sentence."""
    found = [(who, run) for who, row in rows.items() for run in row if run.state == "provisional"]
    if not found:
        return ""
    names = len({name for (name, _), _ in found})
    first, last = min(run.first for _, run in found), max(run.last for _, run in found)
    whose = f"{names} report{'s' * (names > 1)} or API{'s' * (names > 1)}"
    return (
        f"Provisional: {whose}, {span(first, last)}. Amazon may still change these numbers; newer versions are asked for by "
        "themselves until they are final."
    )


def _names(whose: list[str]) -> str:
    if len(whose) <= NAMED:
        return " and ".join(whose)
    return f"{'; '.join(whose[:NAMED])} and {len(whose) - NAMED} more"


def _gaps(rows: dict[tuple[str, str], list[Run]]) -> str:
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    runs_of: dict[tuple[str, str, str, str], Run] = {}
    for (dataset, whose), row in rows.items():
        for run in row:
            if run.state not in SILENT:
                key = (run.state, span(run.first, run.last), run.reason, run.next_action)
                alike.setdefault(key, []).append(f"{dataset}, {whose}")
                runs_of[key] = run
    gaps = [(_names(whose), runs_of[key]) for key, whose in alike.items()]
    if not gaps:
        return card(tag("p", "No gaps: every day that is due is loaded or known to be empty."), title="Gaps")
    gaps.sort(key=lambda g: (g[1].last, g[1].days), reverse=True)
    gaps.sort(key=lambda g: URGENCY.index(g[1].state) if g[1].state in URGENCY else 0)
    items = [
        tag("li", tag("i", class_=f"s-{run.state}") + tag("b", escape(f"{whose}: {span(run.first, run.last)}"))
            + escape(f" {STATES.get(run.state, (run.state,))[0].lower()}. {run.reason} ") + tag("em", escape(run.next_action)))
        for whose, run in gaps[:SENTENCES]
    ]  # fmt: skip
    more = f"{len(gaps) - SENTENCES} more gaps are in the table marts.data_coverage." if len(gaps) > SENTENCES else ""
    return card(tag("ul", "".join(items), class_="gaps"), title=f"Gaps ({len(gaps)})", note=more)
