"""What a refusal of a report type means for a partition: denied without asking, or asked once more when the refusal was lifted.
Pure; refusals are remembered by `aws/denials.py`, and the truth they change is `request_truth.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from spapi_assets.aws.denials import Denial
from spapi_assets.aws.ledger_records import ReportRecord, Verdict
from spapi_assets.ingest.states import Truth, TruthState

_FIX = (
    "Nothing is asked for until the application has the role and `spapi connect` was run, or somebody insists; "
    "`spapi doctor` names the role."
)


def with_denial(found: Truth, denial: Denial | None, records: Iterable[ReportRecord], now: datetime) -> Truth:
    """The truth of a partition in the light of a refusal of its report type. `records`: the requests that cover it."""
    if denial is None:
        return found
    if denial.lifted_at is None:
        return _denied(found, denial) if found.ask else found
    if found.state is TruthState.DENIED and not found.ask:
        last = max((r.finished_at for r in records if r.verdict is Verdict.MISSING_ROLE and r.finished_at), default=None)
        if last is not None and last <= denial.lifted_at:
            why = f"Denied on {last.astimezone(UTC):%Y-%m-%d}; since then the authorization was renewed."
            return Truth(TruthState.MISSING, why, "It is asked for once more.", now, ask=True)
    return found


def _denied(found: Truth, denial: Denial) -> Truth:
    """Data that is there stays what it is; only a newer version cannot be had."""
    if found.state is TruthState.PROVISIONAL:
        return replace(found, reason=f"{found.reason} {_sentence(denial)}", next_action=_FIX, next_at=None, ask=False)
    return Truth(TruthState.DENIED, _sentence(denial), _FIX)


def _sentence(denial: Denial) -> str:
    return f"Amazon denies it since {denial.at.astimezone(UTC):%Y-%m-%d}: {denial.reason}"
