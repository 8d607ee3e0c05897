"""The truth about days of an API as a reading sees them: which of them need one, and why the others do not.
What makes a day whole, old or refused is decided in `ingest/truth.py`; ledger and facts are read by the caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord
from spapi_assets.datasets.model import ApiSource
from spapi_assets.ingest.fanout import Fan
from spapi_assets.ingest.truth import Truth, truth
from spapi_assets.lake.layout import Partition


def truth_by_day(
    source: ApiSource,
    account_key: str,
    days: Iterable[date],
    records: Sequence[ReportRecord],
    facts: Iterable[PartitionFacts],
    now: datetime,
    kept_up_from: date | None = None,
    fan: Fan | None = None,
) -> dict[Partition, Truth]:
    """What is known about each of these days of one account key, in their order.

    `facts`: those of the source's first dataset, on any day; a reading fills all datasets at once. The rest is as of `truth`.
    """
    dataset = source.datasets[0].name
    by_day: dict[date | None, list[PartitionFacts]] = defaultdict(list)
    for fact in facts:
        by_day[fact.day].append(fact)
    partitions = [Partition.of(account_key, day) for day in days]
    return {p: truth(source, dataset, p, records, by_day.get(p.day, ()), now, kept_up_from, fan) for p in partitions}


def to_read(known: dict[Partition, Truth]) -> list[date]:
    """The days of `truth_by_day` that need a reading now."""
    return [partition.day for partition, found in known.items() if found.ask]
