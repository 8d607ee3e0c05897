"""Partitions of the report assets: date x account, and the runs that cover a set of them.
Days (the first ones of weeks and longer periods) are calendar names; whose midnight bounds them is `Window.time_zone`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import dagster as dg

from spapi_assets.datasets.model import Period, Source, WindowKind
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Settings

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


# Midnight of every period's first day; a week begins on Sunday.
_BEGINS = {
    Period.WEEK: "0 0 * * 0",
    Period.MONTH: "0 0 1 * *",
    Period.QUARTER: "0 0 1 1,4,7,10 *",
    Period.YEAR: "0 0 1 1 *",
}


def partitions_of(report: Source, settings: Settings) -> dg.MultiPartitionsDefinition:
    """Date x account of a report. A snapshot's day is today and a settlement may end today, so theirs include today."""
    dates: dg.TimeWindowPartitionsDefinition
    if report.window.period is Period.DAY:
        includes_today = report.window.kind is not WindowKind.DAYS
        dates = dg.DailyPartitionsDefinition(start_date=settings.first_date, end_offset=1 if includes_today else 0)
    else:
        dates = dg.TimeWindowPartitionsDefinition(
            start=settings.first_date, fmt="%Y-%m-%d", cron_schedule=_BEGINS[report.window.period]
        )
    return dg.MultiPartitionsDefinition(
        {"account": dg.StaticPartitionsDefinition(settings.partition_keys(report)), "date": dates}
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


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def rectangles(
    partitions: Iterable[Partition], order: Sequence[str], calendar: Callable[[date, date], list[date]] = days_between
) -> list[Rectangle]:
    """The fewest easy rectangles that cover exactly these partitions: runs of days, joined over neighbouring accounts.

    `order` is the order of the account dimension's keys, because a range over accounts covers all keys between its ends.
    `calendar` lists the partitions between two days: weeks follow each other as days do.
    """
    days: dict[str, set[date]] = defaultdict(set)
    for partition in partitions:
        days[partition.account_key].add(partition.day)
    if not days:
        return []
    every = set().union(*days.values())
    listed = calendar(min(every), max(every))
    place = {day: n for n, day in enumerate(listed)}
    spans: dict[tuple[date, date], list[int]] = defaultdict(list)
    for position, key in enumerate(order):
        places = sorted(place[day] for day in days.get(key, ()))
        for _, group in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0]):
            run = [n for _, n in group]
            spans[listed[run[0]], listed[run[-1]]].append(position)
    found = []
    for (first, last), positions in sorted(spans.items()):
        for _, group in groupby(enumerate(positions), key=lambda pair: pair[1] - pair[0]):
            found.append(Rectangle(tuple(order[position] for _, position in group), first, last))
    return found
