"""Partitions of the report assets: date x account, and the runs that cover a set of them.
Days are UTC calendar names; whose midnight bounds a day at Amazon is the report's own fact (`Window.time_zone`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import dagster as dg

from spapi_assets.datasets.model import Report, WindowKind
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Settings

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def partitions_of(report: Report, settings: Settings) -> dg.MultiPartitionsDefinition:
    """Date x account of a report. A snapshot's day is today and a settlement may end today, so theirs include today."""
    includes_today = report.window.kind is not WindowKind.DAYS
    return dg.MultiPartitionsDefinition(
        {
            "account": dg.StaticPartitionsDefinition(settings.partition_keys(report)),
            "date": dg.DailyPartitionsDefinition(start_date=settings.first_date, end_offset=1 if includes_today else 0),
        }
    )


def key_of(partition: Partition) -> str:
    """The partition as Dagster's key: dimensions in alphabetical order, `account|date`."""
    return f"{partition.account_key}|{partition.day}"


def partition_of(key: str) -> Partition:
    account_key, _, day = key.partition("|")
    return Partition.of(account_key, date.fromisoformat(day))


@dataclass(frozen=True)
class Rectangle:
    """Consecutive accounts x consecutive days: what one ranged run can cover."""

    account_keys: tuple[str, ...]
    first: date
    last: date

    @property
    def tags(self) -> dict[str, str]:
        return {
            RANGE_START: f"{self.account_keys[0]}|{self.first}",
            RANGE_END: f"{self.account_keys[-1]}|{self.last}",
            # Ranged runs carry no dagster/partition/account tag; this one can be limited in dagster.yaml.
            "spapi/account": self.account_keys[0].partition(".")[0],
        }


def rectangles(partitions: Iterable[Partition], order: Sequence[str]) -> list[Rectangle]:
    """The fewest easy rectangles that cover exactly these partitions: runs of days, joined over neighbouring accounts.

    `order` is the order of the account dimension's keys, because a range over accounts covers all keys between its ends.
    """
    days: dict[str, set[date]] = defaultdict(set)
    for partition in partitions:
        days[partition.account_key].add(partition.day)
    spans: dict[tuple[date, date], list[int]] = defaultdict(list)
    for position, key in enumerate(order):
        ordinals = sorted(d.toordinal() for d in days.get(key, ()))
        for _, group in groupby(enumerate(ordinals), key=lambda pair: pair[1] - pair[0]):
            run = [ordinal for _, ordinal in group]
            spans[(date.fromordinal(run[0]), date.fromordinal(run[-1]))].append(position)
    found = []
    for (first, last), positions in sorted(spans.items()):
        for _, group in groupby(enumerate(positions), key=lambda pair: pair[1] - pair[0]):
            found.append(Rectangle(tuple(order[position] for _, position in group), first, last))
    return found


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
