"""Reads an API for whole partitions, or for the identifiers that changed: what to ask, the pages, the document, the marks.
Killed at any point it goes on with the next page; the end of a reading is `finish.py`, which days need it `days.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from spapi_assets.aws.refreshes import Mark
from spapi_assets.datasets.model import ApiSource, WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.fanout import READ, SOME
from spapi_assets.ingest.identifiers import fan
from spapi_assets.ingest.load import exclusive
from spapi_assets.ingest.reading.days import truth_by_day
from spapi_assets.ingest.reading.finish import UNREAD, finish
from spapi_assets.ingest.reading.outcome import ReadOutcome
from spapi_assets.ingest.reading.spool import Spool, unfinished
from spapi_assets.ingest.reading.tasks import Task, Wanted, for_identifiers, for_window, sendable, since_instant
from spapi_assets.ingest.states import TruthState
from spapi_assets.ingest.windows import due, plan_windows, reachable, today
from spapi_assets.lake.layout import Partition

# An older beginning of a snapshot would mix yesterday's answers with today's; closed days only move on slowly, and searchOrders
# grows twenty pages an hour.
RESUMABLE = {WindowKind.SNAPSHOT: timedelta(hours=12), WindowKind.DAYS: timedelta(days=3)}

REST_UNREAD = timedelta(hours=1)


def read(
    ctx: IngestContext,
    source: ApiSource,
    account_key: str,
    days: Sequence[date],
    *,
    again: bool = False,
    deadline: float | None = None,
    max_wait: float = 60.0,
    tell: Callable[[str], Any] = lambda sentence: None,
) -> ReadOutcome:
    """Read the partitions of these days that need it (`again`: all that Amazon still has). One reading at a time per source and
    account key; a second caller waits `max_wait` seconds and then raises LoadBusy.

    Raises Throttled and other SpApiErrors; what had been read until then is kept and the next call goes on from there.
    """
    reader = _Reader(ctx, source, account_key, deadline, tell)
    with exclusive(ctx, f"read#{source.name}#{account_key}", max_wait):
        for spool in reader.unfinished(of_some=False):
            if ctx.now() - spool.started > RESUMABLE[source.window.kind]:
                spool.clear()
            else:
                tell(f"Going on with the reading of {spool.start} to {spool.end} that was begun at {spool.started:%H:%M} UTC.")
                reader.finish(spool)
                again = again and not any(spool.start <= day <= spool.end for day in days)
        for start, end in _windows(ctx, source, account_key, days, again, reader.outcome):
            reader.begin(ctx.now(), start, end, {}, _whole(ctx, source, account_key, start, end, reader.outcome))
    return reader.outcome


def refresh(
    ctx: IngestContext,
    source: ApiSource,
    account_key: str,
    identifiers: Collection[str] | None = None,
    *,
    deadline: float | None = None,
    max_wait: float = 60.0,
    tell: Callable[[str], Any] = lambda sentence: None,
) -> ReadOutcome:
    """Read exactly these identifiers (default: those marked as changed) into an object of their own in today's partition.

    A mark is taken off when what it asked for is loaded, unless it was asked for again since the reading began.
    """
    reader = _Reader(ctx, source, account_key, deadline, tell)
    with reader.changes(max_wait) as started:
        if identifiers is None:
            identifiers = to_refresh(ctx.refreshes.pending(source.name, account_key), started)
        tasks, lacking = for_identifiers(source, _known(ctx, source, account_key, identifiers))
        if lacking:
            reader.outcome.problems.append(_lacking(source, account_key, lacking))
        reader.begin_some(started, tasks)
        if lacking:
            ctx.refreshes.done(source.name, account_key, lacking, started)
    return reader.outcome


def catch_up(
    ctx: IngestContext,
    source: ApiSource,
    account_key: str,
    since: datetime,
    *,
    deadline: float | None = None,
    max_wait: float = 60.0,
    tell: Callable[[str], Any] = lambda sentence: None,
) -> ReadOutcome:
    """Read all that changed since an instant into an object of its own in today's partition: a search brings a page of what would
    cost a call each. Marks of what came are taken off.
    """
    assert source.call is not None
    assert source.call.span is not None
    reader = _Reader(ctx, source, account_key, deadline, tell)
    with reader.changes(max_wait) as started:
        reader.begin_some(started, [since_instant(source.call.span, since, started)])
    return reader.outcome


def to_refresh(marks: Sequence[Mark], now: datetime) -> list[str]:
    """The marked identifiers to read now. What Amazon did not answer rests for a while, unless nothing else is marked: it costs
    several calls each time."""
    rested = [mark for mark in marks if UNREAD not in mark.reasons or now - mark.asked >= REST_UNREAD]
    return [mark.identifier for mark in rested or marks]


@dataclass(frozen=True)
class _Reader:
    """Carries out the readings that one of the functions above decides on, and counts them in one outcome."""

    ctx: IngestContext
    source: ApiSource
    account_key: str
    deadline: float | None
    tell: Callable[[str], Any]
    outcome: ReadOutcome = field(default_factory=ReadOutcome)

    @contextmanager
    def changes(self, max_wait: float) -> Iterator[datetime]:
        """Nobody else reads what changed; what a dead process had begun of it is done. Gives the time from which to read."""
        with exclusive(self.ctx, f"refresh#{self.source.name}#{self.account_key}", max_wait):
            for spool in self.unfinished(of_some=True):
                self.finish(spool)
            yield self.ctx.now()

    def unfinished(self, *, of_some: bool) -> list[Spool]:
        spools = unfinished(self.ctx.lake, self.source.name, self.account_key)
        return [spool for spool in spools if spool.of_some == of_some]

    def finish(self, spool: Spool) -> None:
        finish(self.ctx, self.source, spool, self.outcome, self.deadline, self.tell)

    def begin(self, started: datetime, start: date, end: date, options: Mapping[str, str], tasks: Sequence[Task]) -> None:
        """A new reading to its end; none where there is nothing to ask."""
        if tasks:
            self.finish(Spool.begin(self.ctx.lake, self.source.name, self.account_key, started, start, end, options, tasks))

    def begin_some(self, started: datetime, tasks: Sequence[Task]) -> None:
        """The same for what changed: its rows go into an object of their own in today's partition."""
        day = started.astimezone(UTC).date()
        self.begin(started, day, day, {READ: SOME}, tasks)


def _windows(
    ctx: IngestContext, source: ApiSource, account_key: str, days: Sequence[date], again: bool, outcome: ReadOutcome
) -> list[tuple[date, date]]:
    """The windows to read, newest first; days that need nothing get their reason."""
    if not days:
        return []
    dataset, first, last = source.datasets[0].name, min(days), max(days)
    records = ctx.ledger.records(source.name, account_key, first, last)
    facts = ctx.ledger.partitions(dataset, account_key, first, last)
    needed, split = [], fan(ctx, source, account_key)
    known = truth_by_day(source, account_key, sorted(set(days)), records, facts, ctx.now(), fan=split)
    for partition, found in known.items():
        if found.ask or (again and _can_be_read(ctx, source, partition)):
            needed.append(partition.day)
        else:
            outcome.reasons[partition] = f"{found.reason} {found.next_action}"
            if found.state in (TruthState.NOT_DUE, TruthState.NOT_PUBLISHED):
                outcome.early.add(partition)
    return plan_windows(source, needed)[::-1]


def _can_be_read(ctx: IngestContext, source: ApiSource, partition: Partition) -> bool:
    now, place = ctx.now(), partition.marketplace
    over = source.window.kind is WindowKind.SNAPSHOT or due(source, partition.day, now, place)
    return over and reachable(source, partition.day, now, place)


def _whole(ctx: IngestContext, source: ApiSource, account_key: str, start: date, end: date, outcome: ReadOutcome) -> list[Task]:
    """The tasks of a reading of whole partitions: a window of days, all known identifiers, or simply every page there is."""
    assert source.call is not None
    place = Partition.of(account_key, start)
    if source.window.kind is WindowKind.DAYS:
        return for_window(source, start, end, place.marketplace)
    if source.call.batch is None:
        return [Task(1)]
    kind = source.call.batch.kind
    wanted = [
        Wanted(known.value, sendable(known.facts))
        for known in ctx.identifiers.all(kind, place.account, place.marketplace)
        if not (source.call.batch.listed_only and known.listed is False)
    ]
    tasks, lacking = for_identifiers(source, wanted)
    if lacking:
        outcome.problems.append(_lacking(source, account_key, lacking))
    if not wanted:
        day = today(source, place.marketplace, ctx.now())
        partition = Partition(place.account, place.marketplace, day)
        outcome.early.add(partition)
        outcome.reasons[partition] = (
            f"No {kind} of {account_key} is known yet: load its listings report, or `spapi identifiers import` a file of them."
        )
    return tasks


def _known(ctx: IngestContext, source: ApiSource, account_key: str, chosen: Iterable[str]) -> list[Wanted]:
    """The identifiers with what is known of them. Unknown ones are read, too: a notification may be first to name one."""
    assert source.call is not None
    assert source.call.batch is not None
    place = Partition.of(account_key, date.min)
    values = list(dict.fromkeys(chosen))
    known = ctx.identifiers.some(source.call.batch.kind, place.account, place.marketplace, values)
    return [Wanted(value, sendable(known[value].facts) if value in known else {}) for value in values]


def _lacking(source: ApiSource, account_key: str, lacking: Sequence[str]) -> str:
    return (
        f"{len(lacking)} identifiers of {account_key} cannot be asked about in {source.name}, for no price of theirs is known "
        f"(such as {', '.join(lacking[:3])}): load the listings report."
    )
