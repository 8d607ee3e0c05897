"""How sentences about days name their source: a report is asked for and made, an API is read by its schedule or by hand.
Words only; which of them holds is decided in `request_truth.py`."""

from __future__ import annotations

from datetime import timedelta

from spapi_assets.datasets.model import ApiSource, Source, WindowKind
from spapi_assets.ingest.windows import CATCH_UP_DAYS

# An API's schedule finds what a standstill of so many days left out; a longer gap is back-fill, which a person decides.
STANDSTILL = timedelta(days=14)


def is_read(source: Source) -> bool:
    """Whether calls of ours bring the rows, one page after the other."""
    return isinstance(source, ApiSource) and source.notification is None


def schedule_looks_back(source: Source) -> timedelta:
    """How far before its newest published day an API's schedule looks for what was not read, or may have changed."""
    return max(STANDSTILL, timedelta(days=source.window.restated_days + CATCH_UP_DAYS))


def version(source: Source, report_id: str | None) -> str:
    """What brought the rows: `report 50` or `reading read-20260301...`."""
    return f"{'reading' if isinstance(source, ApiSource) else 'report'} {report_id}"


def made(source: Source, at: str) -> str:
    return f"a reading of {at}" if isinstance(source, ApiSource) else f"a report made {at}"


def renewal_failed(source: Source, status: str, verdict: str, reason: str) -> str:
    if isinstance(source, ApiSource):
        return f"It could not be read again ({verdict}): {reason}"
    return f"The last request for a newer version ended {status} ({verdict}): {reason}"


def renewed_next(source: Source, *, young: bool) -> str:
    """What brings a newer version that is due. `young`: the schedule still looks at the day."""
    if not isinstance(source, ApiSource):
        return "The next scheduled run asks for a newer version; for older ones the sweep does, within a day."
    return f"The next run of schedule read_{source.name} reads it again." if young else f"{by_hand(source)} to read it again."


def renewed_from(source: Source, at: str) -> str:
    return f"It is read again from {at}." if isinstance(source, ApiSource) else f"A newer version is asked for from {at}."


def not_published(source: Source) -> tuple[str, str]:
    """Why a closed day is not there yet, and the words before the time from which it is."""
    lag, period = source.window.lag_hours, source.window.period
    if isinstance(source, ApiSource):
        return f"Amazon's answers are whole {lag} h after the {period} closed.", f"Schedule read_{source.name} reads it from"
    return f"Amazon publishes this report {lag} h after the {period} closed.", "It is asked for from"


def by_hand(source: Source) -> str:
    return f"Materialize raw/{source.datasets[0].name} for it"


def never_read(source: Source, *, young: bool) -> tuple[str, str]:
    """Why a due day of an API is not there, and who reads it. `young`: its schedule looks at it."""
    if source.window.kind is WindowKind.SNAPSHOT:
        why = "Today has not been read yet, and a snapshot cannot be had later."
        return why, f"Schedule read_{source.name} reads it ({source.schedule}, UTC). {by_hand(source)} to read it now."
    if young:
        why = f"The {source.window.period} is due and has not been read."
        return why, f"The next run of schedule read_{source.name} reads it. {by_hand(source)} to read it now."
    why = f"The {source.window.period} was never read and is older than schedule read_{source.name} looks."
    return why, f"{by_hand(source)} if it is wanted."


def gone(source: Source) -> str:
    """Why a day that was not loaded in time can never be had."""
    days = source.window.lookback_days
    if source.window.kind is WindowKind.SNAPSHOT:
        what = "it was not read" if isinstance(source, ApiSource) else "no report of it was loaded"
        return f"A snapshot shows the day it is made; this day is over and {what}."
    if isinstance(source, ApiSource):
        return f"Amazon answers for the last {days} days only."
    return f"Amazon gives this report for the last {days} days only."


def not_that_day(source: Source) -> tuple[str, str]:
    """Of a snapshot whose schedule leaves days out: why such a day is empty, and what can be done."""
    return f"It is read on some days only ({source.schedule}, UTC).", f"{by_hand(source)} on that day to read it all the same."


def after_refusal(source: Source, verdict: str) -> str | None:
    """What mends a refusal of an API; None: what mends one of a report."""
    if not isinstance(source, ApiSource):
        return None
    again = f"then materialize raw/{source.datasets[0].name} with `read_again`"
    return {
        "configuration": f"Look at the reason, correct the API's registry entry (call) or the account, {again}.",
        "missing_role": f"Have the role granted to the application, authorise the account again with `spapi connect`, {again}.",
        "retryable": "Its pages are in the archive: correct the registry entry, then `spapi replay` loads them without a call.",
    }.get(verdict, f"Look at the reason, {again}.")
