"""Identifiers that changed at Amazon and wait to be read again, one mark each, in the table of identifiers.
What changes mark what is `ingest/notifications.py`; reading them is `ingest/reading/`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spapi_assets.aws.changing import LONGEST, change_items
from spapi_assets.aws.identifiers import fits
from spapi_assets.aws.ledger_records import stamp, unstamp
from spapi_assets.aws.table import Table

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients

_SOURCES = "REFRESHES"  # the partition that lists which sources and accounts have marks at all
_REASONS = 10  # kept per mark


@dataclass(frozen=True)
class Mark:
    """An identifier to read again: since when it waits, when it was asked for last, and why (notification types, sorted)."""

    identifier: str
    first_asked: datetime
    asked: datetime
    reasons: tuple[str, ...]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Refreshes:
    """The marks. Every method may be repeated after a crash, and called by several processes at once. Raises AwsError.

    Times are compared to the microsecond, so they must come from clocks that agree: a machine whose clock lags by more than the
    time between a change and the reading of it could lose that change.
    """

    def __init__(self, clients: AwsClients, table: str, now: Callable[[], datetime] = _utc_now) -> None:
        self.table = Table(clients, table)
        self.now = now

    def ask(self, source: str, account_key: str, identifiers: Iterable[str], reason: str, at: datetime | None = None) -> int:
        """Mark identifiers for reading again. `at`: when we learned of the change, not when it happened (default: now).

        A mark that waits already keeps its first time and takes the later of its last: a burst of changes is one mark each.
        Returns how many marks were written. Raises ValueError for what cannot be an identifier.
        """
        asked = stamp(at or self.now())
        values = list(dict.fromkeys(identifiers))
        if wrong := [value for value in values if not fits(value)]:
            raise ValueError(
                f"{wrong[0][:60]!r} cannot be an identifier: it is blank, longer than {LONGEST} bytes, or broken text."
            )
        if not values:
            return 0

        def change(_: str, mark: Mapping[str, Any] | None) -> Mapping[str, Any]:
            if mark is None:
                return {"first": asked, "asked": asked, "reasons": [reason]}
            reasons = mark["reasons"]
            if reason not in reasons and len(reasons) < _REASONS:
                reasons = sorted([*reasons, reason])
            return {"first": min(mark["first"], asked), "asked": max(mark["asked"], asked), "reasons": reasons}

        written = change_items(self.table, _pk(source, account_key), values, change)
        # After the marks, and new at each asking: `done` takes the entry away only if nobody asked since it found no marks.
        self.table.put({"pk": _SOURCES, "sk": f"{source}#{account_key}", "asking": uuid.uuid4().hex})
        return written

    def pending(self, source: str, account_key: str) -> list[Mark]:
        """The marks of a source and account key, the one that waits longest first."""
        marks = [
            Mark(str(item["sk"]), unstamp(item["first"]), unstamp(item["asked"]), tuple(item["reasons"]))
            for item in self.table.partition(_pk(source, account_key))
        ]
        return sorted(marks, key=lambda mark: (mark.first_asked, mark.identifier))

    def waiting(self) -> dict[tuple[str, str], tuple[int, datetime]]:
        """How many identifiers wait and since when, by (source, account key). One read where nothing waits."""
        found = {}
        for item in list(self.table.partition(_SOURCES)):
            source, _, account_key = str(item["sk"]).partition("#")
            firsts = [mark["first"] for mark in self.table.partition(_pk(source, account_key))]
            if firsts:
                found[source, account_key] = (len(firsts), unstamp(min(firsts)))
        return found

    def done(self, source: str, account_key: str, identifiers: Iterable[str], read_from: datetime) -> int:
        """These were read by a reading that began at `read_from`; returns how many marks are gone.

        A mark asked for at that instant or later stays: its change may not be in what was read.
        """
        began = stamp(read_from)
        pk, entry = _pk(source, account_key), {"pk": _SOURCES, "sk": f"{source}#{account_key}"}
        asking = self.table.get(entry)
        gone = change_items(
            self.table, pk, filter(fits, identifiers), lambda _, mark: mark if mark is None or mark["asked"] >= began else None
        )
        if asking is not None and next(self.table.partition(pk), None) is None:
            self.table.delete(entry, "asking = :asking", {":asking": asking["asking"]})
        return gone


def _pk(source: str, account_key: str) -> str:
    return f"REFRESH#{source}#{account_key}"
