"""Partitions and the runs that cover them: exact, few, and the same keys both ways."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from spapi_assets.lake.layout import Partition
from spapi_assets.partitions import Rectangle, days_between, key_of, partition_of, rectangles

KEYS = ["a.DE", "a.UK", "b.US"]
FIRST = date(2026, 2, 20)
partitions = st.builds(lambda key, day: Partition.of(key, FIRST + timedelta(days=day)), st.sampled_from(KEYS), st.integers(0, 25))


def _cells(areas: list[Rectangle]) -> list[Partition]:
    return [Partition.of(key, day) for area in areas for key in area.account_keys for day in days_between(area.first, area.last)]


@given(st.sets(partitions))
def test_rectangles_cover_exactly_the_partitions_and_each_once(wanted: set[Partition]) -> None:
    cells = _cells(rectangles(wanted, KEYS))
    assert len(cells) == len(set(cells))
    assert set(cells) == wanted


@given(st.sets(partitions, min_size=1))
def test_a_rectangle_names_only_neighbouring_accounts_because_a_range_covers_all_between(wanted: set[Partition]) -> None:
    for area in rectangles(wanted, KEYS):
        at = [KEYS.index(key) for key in area.account_keys]
        assert at == list(range(at[0], at[-1] + 1))


def test_a_month_of_two_stores_is_one_run() -> None:
    days = days_between(FIRST, FIRST + timedelta(days=29))
    wanted = {Partition.of(key, day) for key in KEYS[:2] for day in days}
    (area,) = rectangles(wanted, KEYS)
    assert area.tags["dagster/asset_partition_range_start"] == "a.DE|2026-02-20"
    assert area.tags["dagster/asset_partition_range_end"] == "a.UK|2026-03-21"


@given(partitions)
def test_a_partition_is_read_back_from_its_key(partition: Partition) -> None:
    assert partition_of(key_of(partition)) == partition
