"""The words for what is known about a partition, and the answer that carries one: state, why, what happens next.
Words only; `truth.py` finds the one that holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TruthState(StrEnum):
    """The words of the coverage table."""

    NOT_DUE = "not_due"  # the day is not over, or nothing is expected of it
    MISSING = "missing"  # due, and not asked for yet
    REQUESTED = "requested"  # asked for, or finished and waiting to be loaded
    NOT_PUBLISHED = "not_published"  # Amazon does not have the day yet
    PROVISIONAL = "provisional"  # loaded, and Amazon still changes it
    FINAL = "final"  # loaded, and no longer changing
    EMPTY_CONFIRMED = "empty_confirmed"  # there is no data, and that is certain
    EMPTY_SUSPECTED = "empty_suspected"  # CANCELLED, perhaps because there is no data
    THROTTLED = "throttled"  # waits for quota or a cool-down
    DENIED = "denied"  # a role or the authorization is missing
    FAILED = "failed"  # cannot be had without a person, or is being retried
    UNAVAILABLE = "unavailable"  # can never be had: a past snapshot, or beyond Amazon's look-back


@dataclass(frozen=True)
class Truth:
    """`ask`: a request for this day may be made now, by whoever looks at it. Sentences are for people."""

    state: TruthState
    reason: str
    next_action: str
    next_at: datetime | None = None
    ask: bool = False
