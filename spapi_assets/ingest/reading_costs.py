"""What readings of APIs would cost before a call is made: calls by source and account key, and how soon the quota allows them.
Only what the days or identifiers need is counted; reports are `costs.py`, orders that changed `order_reading.py`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord, ReportStatus
from spapi_assets.datasets.model import ApiSource, WindowKind
from spapi_assets.ingest.buckets import bucket_of
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.fanout import READ, SOME
from spapi_assets.ingest.forecast import Bucket
from spapi_assets.ingest.reading.days import to_read, truth_by_day
from spapi_assets.ingest.reading.tasks import for_window
from spapi_assets.ingest.windows import due, partition_days, plan_windows, reachable, today
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Account

_HISTORY = timedelta(days=60)


@dataclass(frozen=True)
class ReadCost:
    """Reading one source for one account key. `seconds`: from now until its last call can be made, were it alone."""

    source: str
    account: str
    account_key: str
    operation: str
    days: int  # wanted
    read: int  # of these, days that need nothing now
    identifiers: int  # asked about; 0: none are named
    calls: int
    seconds: float
    rate: float  # calls a second, after the burst
    learned: bool  # the rate is what Amazon's answers said, not what its pages say
    note: str = ""


@dataclass(frozen=True)
class ReadTotal:
    """All readings of one account. Operations have quotas of their own and run beside each other: the slowest sets the pace."""

    account: str
    calls: int
    seconds: float
    operation: str

    def finished(self, now: datetime) -> datetime:
        """When the last call can be made."""
        return now + timedelta(seconds=self.seconds)


def read_forecast(
    ctx: IngestContext, sources: Iterable[ApiSource], accounts: Sequence[Account], first: date, last: date, notes: list[str]
) -> tuple[list[ReadCost], list[ReadTotal]]:
    """Costs by source and account key, totals by account. Days are inclusive. Asks Amazon nothing and writes nothing.

    What cannot be read (no table yet, no credentials) is a sentence in `notes`: then nothing counts as read or known.
    """
    names = {account.name for account in accounts}
    at = ctx.now().timestamp()
    buckets: dict[tuple[str, str], Bucket] = {}
    costs = []
    for source in sources:
        for key in ctx.settings.partition_keys(source) if source.call is not None else ():
            account = key.partition(".")[0]
            if account not in names:
                continue
            bucket = buckets.setdefault((account, source.report_type), bucket_of(ctx, account, source.report_type))
            costs.append(_cost(ctx, source, key, partition_days(source, first, last), bucket, at, notes))
    return costs, _totals(costs, buckets, at)


def _cost(
    ctx: IngestContext, source: ApiSource, key: str, wanted: Sequence[date], bucket: Bucket, at: float, notes: list[str]
) -> ReadCost:
    assert source.call is not None
    place = Partition.of(key, date.min)
    now, current = ctx.now(), today(source, place.marketplace, ctx.now())
    records, facts = _known(ctx, source, key, wanted, notes)
    snapshot = source.window.kind is WindowKind.SNAPSHOT
    # Of a snapshot only today can be read, whatever days are asked about.
    days = [current] if snapshot else [d for d in wanted if reachable(source, d, now, place.marketplace)]
    over = [day for day in days if snapshot or due(source, day, now, place.marketplace)]
    needed = to_read(truth_by_day(source, key, over, records, facts, now))
    identifiers, calls, note = 0, 0, "a snapshot: only today can be had" if snapshot else ""
    if needed and snapshot and source.call.batch is not None:
        batch = source.call.batch
        identifiers = _identifiers(ctx, source, place, notes)
        calls = math.ceil(identifiers / batch.size)
        if not identifiers:
            note = f"no {batch.kind} is known yet: load the listings report, or `spapi identifiers import` a file"
    elif needed:
        windows = [needed] if snapshot else [list(window) for window in plan_windows(source, needed)]
        chains = 1 if snapshot else sum(len(for_window(source, w[0], w[-1], place.marketplace)) for w in windows)
        a_day = _calls_a_day(records, source.report_type)
        calls = chains if a_day is None else max(chains, math.ceil(a_day * len(needed)))
        if a_day is None and source.call.paging is not None:
            note = "; ".join(filter(None, [note, "never read: a page a window is counted"]))
    return ReadCost(
        source=source.name,
        account=place.account,
        account_key=key,
        operation=source.report_type,
        days=len(days),
        read=len(days) - len(needed),
        identifiers=identifiers,
        calls=calls,
        seconds=bucket.seconds(calls, at),
        rate=bucket.rate,
        learned=bucket.learned,
        note=note,
    )


def _totals(costs: Sequence[ReadCost], buckets: dict[tuple[str, str], Bucket], at: float) -> list[ReadTotal]:
    calls: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for cost in costs:
        calls[cost.account][cost.operation] += cost.calls
    totals = []
    for account, by_operation in calls.items():
        paces = [(buckets[account, name].seconds(n, at), name) for name, n in by_operation.items()]
        seconds, operation = max(paces)
        totals.append(ReadTotal(account, sum(by_operation.values()), seconds, operation if seconds else "burst"))
    return totals


def _known(
    ctx: IngestContext, source: ApiSource, key: str, wanted: Sequence[date], notes: list[str]
) -> tuple[list[ReportRecord], list[PartitionFacts]]:
    """The ledger's records and facts of these days, and records of the last weeks, which say how many pages a day has."""
    current = today(source, Partition.of(key, date.min).marketplace, ctx.now())
    first = min([*wanted[:1], current - _HISTORY])
    last = max([*wanted[-1:], current])
    try:
        return (
            list(ctx.ledger.records(source.name, key, first, last)),
            list(ctx.ledger.partitions(source.datasets[0].name, key, first, last)),
        )
    except AwsError as error:
        _note(notes, f"What of the APIs was read already is not known: every day counts as unread. {error}")
        return [], []


def _calls_a_day(records: Iterable[ReportRecord], operation: str) -> float | None:
    """The mean of earlier whole readings; None where there is none."""
    calls = days = 0
    for record in records:
        if record.status is ReportStatus.DONE and record.options.get(READ) != SOME and record.quota.get(operation):
            calls += record.quota[operation]
            days += (record.end - record.start).days + 1
    return calls / days if days else None


def _identifiers(ctx: IngestContext, source: ApiSource, place: Partition, notes: list[str]) -> int:
    assert source.call is not None
    assert source.call.batch is not None
    batch = source.call.batch
    try:
        known = ctx.identifiers.all(batch.kind, place.account, place.marketplace)
        return sum(1 for one in known if not (batch.listed_only and one.listed is False))
    except AwsError as error:
        _note(notes, f"How many identifiers there are is not known. {error}")
        return 0


def _note(notes: list[str], sentence: str) -> None:
    if sentence not in notes:
        notes.append(sentence)
