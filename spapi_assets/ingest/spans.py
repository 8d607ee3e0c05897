"""Coverage rows put together for people: alike partitions of a dataset and account in one line, with what happens next and when.
Pure; the rows are `coverage.py`, and drawing them is left to the command line, the checks and the review."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from spapi_assets.ingest.states import TruthState

if TYPE_CHECKING:
    from spapi_assets.ingest.coverage import CoverageRow

# What somebody must act on comes first, what needs no look comes last.
URGENCY = (
    TruthState.FAILED,
    TruthState.DENIED,
    TruthState.EMPTY_SUSPECTED,
    TruthState.MISSING,
    TruthState.THROTTLED,
    TruthState.REQUESTED,
    TruthState.NOT_PUBLISHED,
    TruthState.PROVISIONAL,
    TruthState.UNAVAILABLE,
    TruthState.NOT_DUE,
    TruthState.EMPTY_CONFIRMED,
    TruthState.FINAL,
)
# Nothing is open about these, so their reasons need not be told apart.
SETTLED = frozenset({TruthState.FINAL, TruthState.EMPTY_CONFIRMED, TruthState.NOT_DUE})
_FACTS = re.compile(r"\d[\d:.,-]*")


@dataclass(frozen=True)
class Span:
    """Partitions of one dataset and account key in one state for one reason. Not always neighbours: `number` says how many.

    Reason, action and time are those of the partition whose turn is next; `exact`: the others' sentences are the same.
    """

    dataset: str
    account_key: str
    period: str
    state: str
    number: int
    first: date
    last: date  # inclusive: the end of the last period
    rows: int
    reason: str
    next_action: str
    next_at: datetime | None
    exact: bool = True

    @property
    def sentence(self) -> str:
        """Why, and what happens next."""
        return f"{'' if self.exact else 'for one, '}{self.reason} {self.next_action}"

    @property
    def settled(self) -> bool:
        return self.state in SETTLED

    @property
    def when(self) -> str:
        """Which partitions: `2026-03-01`, `week 2026-03-01 to 2026-03-07`, `3 months from 2026-01-01 to 2026-03-31`."""
        if self.number == 1:
            return str(self.first) if self.first == self.last else f"{self.period} {self.first} to {self.last}"
        return f"{counted(self.number, self.period)} from {self.first} to {self.last}"


def counted(number: int, period: str) -> str:
    """A number of periods in words: 1 day, 3 weeks."""
    return f"{number} {period}" if number == 1 else f"{number} {period}s"


def spans(rows: Iterable[CoverageRow]) -> list[Span]:
    """All rows as spans: by dataset and account key, the most urgent states first."""
    groups: dict[tuple[str, ...], list[CoverageRow]] = defaultdict(list)
    for row in rows:
        why = () if row.state in SETTLED else (_shape(row.reason), _shape(row.next_action))
        groups[row.dataset, row.account_key, row.state, *why].append(row)
    found = [_span(group) for group in groups.values()]
    return sorted(found, key=lambda s: (s.dataset, s.account_key, URGENCY.index(TruthState(s.state)), s.first))


def _shape(sentence: str) -> str:
    """A sentence without its dates, times, counts and report ids: what is said, whatever it is said of."""
    return _FACTS.sub("#", sentence)


def _span(group: Sequence[CoverageRow]) -> Span:
    timed = [row for row in group if row.next_at is not None]
    told = min(timed, key=lambda row: (row.next_at, row.date)) if timed else max(group, key=lambda row: row.date)
    return Span(
        dataset=told.dataset,
        account_key=told.account_key,
        period=told.period,
        state=told.state,
        number=len(group),
        first=min(row.date for row in group),
        last=max(row.period_end for row in group),
        rows=sum(row.rows or 0 for row in group),
        reason=told.reason,
        next_action=told.next_action,
        next_at=told.next_at,
        exact=len({(row.reason, row.next_action) for row in group}) == 1,
    )
