"""Days and windows: the fewest legal requests, never a day too many, daylight saving included."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import Period, Report, WindowKind
from spapi_assets.ingest.windows import (
    due,
    due_at,
    due_range,
    final_at,
    from_instants,
    option_window,
    partition_days,
    period,
    plan_windows,
    reachable,
    snapshot_start,
    to_instants,
)
from spapi_assets.spapi.marketplaces import MARKETPLACES

REPORTS = load_registry().reports
DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
WINDOWED = sorted(
    r.name
    for r in REPORTS.values()
    if r.window.kind is WindowKind.DAYS and r.window.period is Period.DAY and not r.window.option_names
)
PERIODS = [p for p in Period if p is not Period.DAY]


def changed(report: Report, **window: object) -> Report:
    return report.model_copy(update={"window": report.window.model_copy(update=window)})


def test_a_year_of_orders_is_thirteen_requests() -> None:
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
    windows = plan_windows(REPORTS["orders_by_last_update"], days)
    assert len(windows) == 13
    assert max((end - start).days + 1 for start, end in windows) == 30


@given(st.sets(DAYS, max_size=80), st.integers(1, 40))
def test_windows_cover_exactly_the_days_in_the_fewest_legal_spans(days: set[date], longest: int) -> None:
    windows = plan_windows(changed(REPORTS["orders_by_last_update"], max_days=longest), days)
    covered = [start + timedelta(days=n) for start, end in windows for n in range((end - start).days + 1)]
    assert sorted(days) == covered  # each once, none else
    assert all((end - start).days < longest for start, end in windows)
    for (start, end), (following, _) in pairwise(windows):
        # A window ends because a day is missing or because it is full.
        assert following > end + timedelta(days=1) or (end - start).days + 1 == longest
    runs = sum(day - timedelta(days=1) not in days for day in days)
    assert len(windows) <= runs + len(days) // longest


@given(DAYS, st.sampled_from(PERIODS))
def test_periods_are_whole_and_hold_their_day(day: date, kind: Period) -> None:
    report = changed(REPORTS["vendor_sales"], period=kind, max_days=366)
    first, last = period(report, day)
    assert first <= day <= last
    assert period(report, first) == period(report, last) == (first, last)
    assert period(report, last + timedelta(days=1))[0] == last + timedelta(days=1)
    if kind is Period.WEEK:
        assert (first.weekday(), last.weekday()) == (6, 5)
    assert plan_windows(report, [day]) == [(first, last)]


@given(DAYS, st.integers(0, 800), st.sampled_from(list(Period)))
def test_partitions_are_the_first_days_of_all_periods_that_begin_in_the_span(first: date, days: int, kind: Period) -> None:
    report = changed(REPORTS["vendor_sales"], period=kind)
    last = first + timedelta(days=days)
    span = [first + timedelta(days=n) for n in range(days + 1)]
    assert partition_days(report, first, last) == [day for day in span if period(report, day)[0] == day]


@given(DAYS, st.sampled_from(PERIODS), st.integers(0, 200))
def test_a_schedule_looks_at_the_newest_whole_published_period(today: date, kind: Period, lag_hours: int) -> None:
    report = changed(REPORTS["vendor_sales"], period=kind, lag_hours=lag_hours, restated_days=0)
    oldest, newest = due_range(report, today, date.min)
    assert period(report, newest)[0] == newest
    end_of_day = datetime.combine(today, datetime.max.time(), UTC)
    assert due(report, newest, end_of_day + timedelta(days=1), "US")
    following = period(report, period(report, newest)[1] + timedelta(days=1))[1]
    assert following + timedelta(hours=lag_hours) >= today - timedelta(days=2)  # the next one is not out yet
    assert oldest <= newest


@given(st.sampled_from(WINDOWED), DAYS, st.integers(0, 29), st.sampled_from(sorted(MARKETPLACES)))
def test_a_window_sent_to_amazon_reads_back_as_the_same_days(name: str, start: date, more: int, marketplace: str) -> None:
    report = REPORTS[name]
    end = start + timedelta(days=more)
    first, last = to_instants(report, start, end, marketplace)
    assert first is not None
    assert last is not None
    assert from_instants(report, first, last, last + timedelta(days=3), marketplace) == (start, end)
    if report.window.bounds == "dates":
        assert (first.date(), last.date()) == (start, end)


@pytest.mark.parametrize("minutes", [1, -1])
def test_a_window_that_cuts_a_day_is_no_day(minutes: int) -> None:
    report = REPORTS["orders_by_last_update"]
    start, end = to_instants(report, date(2026, 3, 1), date(2026, 3, 2), None)
    made = datetime(2026, 3, 5, tzinfo=UTC)
    assert from_instants(report, start + timedelta(minutes=minutes), end, made, None) is None
    assert from_instants(report, start, end + timedelta(minutes=minutes), made, None) is None
    assert from_instants(report, start, end, datetime(2026, 3, 2, 12, tzinfo=UTC), None) is None  # made before the day closed


def test_a_marketplace_day_has_23_hours_when_clocks_go_forward() -> None:
    report = changed(REPORTS["sales_and_traffic"], bounds="instants")
    start, end = to_instants(report, date(2026, 3, 29), date(2026, 3, 29), "DE")
    assert start == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert end - start == timedelta(hours=23) - timedelta(seconds=1)


def test_a_day_of_whole_hours_ends_with_the_next_midnight_so_that_its_last_hour_is_answered() -> None:
    report, day = REPORTS["vendor_real_time_inventory"], date(2026, 3, 29)
    start, end = to_instants(report, day, day, "DE")
    assert (start, end) == (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC))  # 24 hours: Amazon's limit


def test_coupons_are_asked_for_by_instants_in_the_options_two_years_back_and_not_ahead_of_now() -> None:
    report, now = REPORTS["coupon_performance"], datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    assert to_instants(report, now.date(), now.date(), "DE") == (None, None)
    assert snapshot_start(report, now) is None
    assert option_window(report, now.date(), now.date(), now) == {
        "couponStartDateFrom": "2024-03-02T00:00:00Z",
        "couponStartDateTo": "2026-03-01T08:30:00Z",
    }


def test_vendor_sales_are_due_72_hours_after_the_local_day_closed() -> None:
    report, day = REPORTS["vendor_sales"], date(2026, 1, 10)
    closes = datetime(2026, 1, 11, 8, tzinfo=UTC)  # midnight in Los Angeles
    assert due_at(report, day, "US") == closes + timedelta(hours=72)
    assert not due(report, day, closes + timedelta(hours=71), "US")
    assert final_at(report, day, "US") == closes + timedelta(days=report.window.restated_days)


def test_a_snapshot_can_only_be_of_today_and_old_days_are_out_of_reach() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    listings, traffic = REPORTS["merchant_listings"], REPORTS["sales_and_traffic"]
    assert [reachable(listings, date(2026, 3, d), now, "DE") for d in (1, 2)] == [True, False]
    assert not reachable(listings, date(2026, 2, 28), now, "DE")
    assert to_instants(listings, date(2026, 3, 1), date(2026, 3, 1), "DE") == (None, None)
    oldest = now.date() - timedelta(days=traffic.window.lookback_days)
    assert reachable(traffic, oldest, now, "DE")
    assert not reachable(traffic, oldest - timedelta(days=1), now, "DE")
