"""When Data Kiosk is asked for a day instead of a report: the report's limit a day is used up, and its turn is too far away.
Pure decisions with their sentence; `requesting.py` carries them out, the truth of a source that stands by is changed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from spapi_assets.datasets.model import Report
from spapi_assets.ingest.states import Truth, TruthState

PATIENCE = timedelta(hours=1)  # a query takes minutes: a report that can be made sooner than this is worth waiting for


@dataclass(frozen=True)
class Fallback:
    """`ask`: the sources to ask for the report's days. `sentence`: why, or why not, for coverage and people."""

    ask: tuple[Report, ...]
    sentence: str


def decide(report: Report, stand_ins: Sequence[Report], limit: int, wait: float, ahead: int) -> Fallback:
    """Whether other sources are asked for days whose report must wait.

    `stand_ins`: those the account takes that show the same numbers. `limit`: reports of the type in 24 h. `wait`: seconds until
    one more may be made; `ahead`: requests of the type that wait before this one.
    """
    turn = timedelta(seconds=wait + ahead * 86_400.0 / limit)
    used = f"{report.report_type} can be made {limit} times in 24 h and that is used up"
    if not stand_ins:
        return Fallback((), f"{used}; this day's turn comes in about {_hours(turn)}.")
    if turn < PATIENCE:
        return Fallback((), f"{used}; this day's turn comes in {_hours(turn)}, so Data Kiosk is not troubled.")
    names = " and ".join(r.name for r in stand_ins)
    why = f"{used}; its turn comes in about {_hours(turn)}. Data Kiosk is asked for the same numbers meanwhile: {names}."
    return Fallback(tuple(stand_ins), why)


def stand_ins_of(report: Report, reports: Sequence[Report]) -> list[Report]:
    """Those of these sources that stand in for a report: of its scope and period, so that its days are their days."""
    same = (report.name, report.scope, report.window.period)
    return [r for r in reports if (r.stands_in_for, r.scope, r.window.period) == same]


def standing_by(found: Truth, report: Report) -> Truth:
    """The truth of a partition of a source that is asked only when the report it stands in for cannot be had.

    A day nobody asked it for is no gap. It may still be asked for by hand. A loaded day need not be renewed: the report does.
    """
    if found.state is TruthState.MISSING and found.ask:
        why = f"It stands by for {report.stands_in_for}, whose limit a day was not used up for this {report.window.period}."
        return replace(found, state=TruthState.NOT_DUE, reason=why, next_action="Nothing to do.", next_at=None)
    if found.state is TruthState.PROVISIONAL and found.ask:
        return replace(found, next_action=f"{report.stands_in_for} brings newer versions; this one only by hand.", next_at=None)
    return found


def _hours(turn: timedelta) -> str:
    hours = turn.total_seconds() / 3600.0
    return f"{turn.total_seconds() / 60:.0f} min" if hours < 1 else f"{hours:.0f} h"
