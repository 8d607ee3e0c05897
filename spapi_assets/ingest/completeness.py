"""Whether a dataset is complete: which days (or weeks, months) of which account to look at, worked out from coverage rows.
Pure; the asset check that shows it is `assets/completeness.py`, what a single day's state means is `truth.py`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from spapi_assets.datasets.model import Source, WindowKind
from spapi_assets.ingest.spans import Span, counted, spans
from spapi_assets.ingest.truth import TruthState
from spapi_assets.ingest.windows import due_at, due_range, final_at, today

if TYPE_CHECKING:
    from spapi_assets.ingest.coverage import CoverageRow

# States in which somebody has to act.
WRONG = frozenset({TruthState.FAILED, TruthState.DENIED, TruthState.EMPTY_SUSPECTED})
LOADED = frozenset({TruthState.PROVISIONAL, TruthState.FINAL, TruthState.EMPTY_CONFIRMED})
# A schedule runs once a day and its report may take hours; what is later than this was left out.
TOLERANCE = timedelta(hours=36)
# A lost snapshot cannot be repaired: it is shown for so long, then only counted.
SHOWN_LOST = timedelta(days=14)


@dataclass
class Verdict:
    """One dataset's completeness: partitions per state, and those somebody must look at, by account key."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[tuple[date, str, str]]] = field(default_factory=lambda: defaultdict(list))
    never_asked: int = 0  # before the first loaded day: back-fill, a person's decision
    lost: int = 0  # snapshots between loaded ones that nobody can have any more
    period: str = "day"
    spans: list[Span] = field(default_factory=list)  # everything that is known, alike partitions together

    @property
    def passed(self) -> bool:
        return not self.wrong

    @property
    def sentence(self) -> str:
        total = sum(self.counts.values())
        told = [f"{counted(total, self.period)}: {', '.join(f'{n} {state}' for state, n in self.counts.most_common())}."]
        if self.wrong:
            accounts = "; ".join(
                f"{account}: {counted(len(days), self.period)} from {days[0][0]} ({days[0][1]})"
                for account, days in self.wrong.items()
            )
            told.append(f"Look at {accounts}.")
        else:
            told.append("Nothing needs a person.")
        if self.never_asked:
            older = counted(self.never_asked, f"older {self.period}")
            told.append(f"Never asked for: {older}; back-fill them if they are wanted.")
        if self.lost:
            told.append(f"Snapshots missed and lost: {self.lost}.")
        return " ".join(told)


def judge(rows: Iterable[CoverageRow], reports: Mapping[str, Source], now: datetime) -> dict[str, Verdict]:
    """Completeness per dataset from coverage rows (any order). `reports`: the registry's, by name."""
    grouped: dict[tuple[str, str], list[CoverageRow]] = defaultdict(list)
    for row in rows:
        grouped[row.dataset, row.account_key].append(row)
    verdicts: dict[str, Verdict] = defaultdict(Verdict)
    for (dataset, account_key), days in sorted(grouped.items()):
        days.sort(key=lambda row: row.date)
        first_loaded = next((row.date for row in days if row.state in LOADED), None)
        verdict = verdicts[dataset]
        verdict.period = days[0].period
        verdict.spans += spans(days)
        for row in days:
            verdict.counts[row.state] += 1
            report = reports[row.report]
            why = _to_look_at(row, report, first_loaded, now)
            if why is not None:
                verdict.wrong[account_key].append((row.date, row.state, why))
            elif row.state == TruthState.MISSING and _overdue(row, report, now):
                verdict.never_asked += 1
            elif row.state == TruthState.UNAVAILABLE and _lost(row, report, first_loaded):
                verdict.lost += 1
    return dict(verdicts)


def _to_look_at(row: CoverageRow, report: Source, first_loaded: date | None, now: datetime) -> str | None:
    """Why somebody should look at a day, or None."""
    if row.state in WRONG:
        return row.reason
    after_loaded = first_loaded is not None and row.date > first_loaded
    if row.state == TruthState.MISSING and _overdue(row, report, now):
        expected = due_range(report, today(report, row.marketplace, now), date.min)[0]
        if after_loaded or row.date >= expected:
            return f"Due since {due_at(report, row.date, row.marketplace):%Y-%m-%d %H:%M} UTC. {row.reason} {row.next_action}"
    if row.state == TruthState.PROVISIONAL and now > final_at(report, row.date, row.marketplace) + TOLERANCE:
        return f"Amazon no longer changes the {row.period}, and its last version was not fetched. {row.next_action}"
    if row.state == TruthState.UNAVAILABLE and _lost(row, report, first_loaded) and now.date() - row.date <= SHOWN_LOST:
        return row.reason
    return None


def _overdue(row: CoverageRow, report: Source, now: datetime) -> bool:
    return now > due_at(report, row.date, row.marketplace) + TOLERANCE


def _lost(row: CoverageRow, report: Source, first_loaded: date | None) -> bool:
    """A snapshot that was missed after the deployment had begun to collect them."""
    return report.window.kind is WindowKind.SNAPSHOT and first_loaded is not None and row.date > first_loaded
