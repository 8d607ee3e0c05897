"""Which operation reads which orders: costs in calls and minutes against the buckets as they are, and sentences that say why."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.forecast import Bucket
from spapi_assets.ingest.order_planning import PATIENCE, OrderPlan, plan_orders
from spapi_assets.spapi.operations import GET_ORDER, SEARCH_ORDERS
from spapi_assets.spapi.throttle import BucketState

SOURCE = load_registry().apis["orders_api"]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AT = NOW.timestamp()
YESTERDAY = date(2026, 11, 22)


def used(operation, calls: int) -> Bucket:
    """A bucket of which so many tokens are spent."""
    return Bucket(operation.plan, BucketState(AT + calls / operation.plan.rate))


def plan(
    marked: int = 0,
    *,
    hours: float = 1,
    gaps: tuple[date, ...] = (),
    a_day: float | None = 800,
    searched: int = 0,
    asked: int = 0,
) -> OrderPlan:
    return plan_orders(
        SOURCE,
        now=NOW,
        marked=marked,
        oldest=NOW - timedelta(hours=hours) if marked else None,
        gaps=gaps,
        orders_a_day=a_day,
        search=used(SEARCH_ORDERS, searched),
        single=used(GET_ORDER, asked),
    )


def test_some_hundred_changed_orders_are_read_one_by_one_while_the_search_has_spent_its_burst():
    found = plan(312, hours=23, searched=20)
    assert [(s.operation, s.calls, s.orders) for s in found.steps] == [("getOrder", 312, 312)]
    assert found.why == ("312 marked orders: getOrder, done in 10 min; searchOrders would need about 8 pages = 23 min.",)


def test_thousands_of_changed_orders_are_searched_for_where_that_is_done_sooner():
    found = plan(2000, hours=2, a_day=8000)
    (step,) = found.steps
    assert (step.operation, step.calls, step.since) == ("searchOrders", 20, NOW - timedelta(hours=3))
    assert step.seconds < 1
    assert found.why == (
        "2,000 marked orders: searchOrders from 2026-11-23 09:00 UTC on, about 20 pages, done at once; "
        "getOrder would need 2,000 calls = 66 min.",
    )


def test_a_search_counts_all_that_changed_since_the_oldest_mark_not_only_what_is_marked():
    assert plan(1000, hours=1, a_day=800).steps[0].operation == "searchOrders"
    assert plan(1000, hours=24 * 30, a_day=8000).steps[0].operation == "getOrder", "2,400 pages for 1,000 orders"


def test_without_a_usual_day_known_the_certain_cost_is_taken():
    found = plan(5000, a_day=None)
    assert found.marked is not None
    assert found.marked.operation == "getOrder"
    assert found.why[0].startswith("No orders are loaded yet")


def test_a_gap_is_searched_for_and_yesterday_comes_before_marks_and_older_days():
    days = tuple(YESTERDAY - timedelta(days=n) for n in (0, 1, 2, 10, 11))
    found = plan(4000, hours=5, gaps=days, a_day=900, searched=20)
    assert [(s.operation, s.start, s.end, s.calls) for s in found.steps] == [
        ("searchOrders", date(2026, 11, 20), YESTERDAY, 27),
        ("getOrder", None, None, 4000),
        ("searchOrders", date(2026, 11, 11), date(2026, 11, 12), 18),
    ]
    waits = [s.seconds for s in found.gaps]
    assert waits[1] - waits[0] == pytest.approx(18 / 0.0056 / 0.99, rel=0.01), (
        "they share one bucket, so the second waits for the first"
    )
    assert "2026-11-20 to 2026-11-22 were never read: searchOrders, about 27 pages of 100 orders, done in 81 min" in found.why[0]


def test_a_chain_that_outlives_its_token_is_told_before_it_is_begun():
    week = tuple(YESTERDAY - timedelta(days=n) for n in range(7))
    assert any("page tokens live 24.0 h: read these days in runs of their own." in s for s in plan(gaps=week, a_day=9000).why)
    assert any("a higher rate" in s for s in plan(gaps=(YESTERDAY,), a_day=90_000).why)
    assert not any("tokens live" in s for s in plan(gaps=week, a_day=6000).why)


def test_nothing_to_do_is_a_sentence_too():
    found = plan()
    assert (found.steps, found.why) == ((), ("No order waits to be read again, and no day is missing.",))


@given(
    marked=st.integers(0, 20_000),
    hours=st.floats(0, 200),
    a_day=st.floats(0, 50_000),
    searched=st.integers(0, 20),
    asked=st.integers(0, 30),
    gaps=st.sets(st.integers(0, 40), max_size=12),
)
def test_every_gap_is_searched_once_every_mark_read_once_and_never_by_the_slower_way(marked, hours, a_day, searched, asked, gaps):
    days = tuple(YESTERDAY - timedelta(days=n) for n in gaps)
    found = plan(marked, hours=hours, a_day=a_day, searched=searched, asked=asked, gaps=days)
    covered = [s.start + timedelta(days=n) for s in found.gaps for n in range((s.end - s.start).days + 1)]
    assert sorted(covered) == sorted(days)
    assert (found.marked is None) == (marked == 0)
    assert all(s.calls >= 1 and s.seconds >= 0 for s in found.steps)
    if found.marked is None:
        return
    before = sum(s.calls for s in found.gaps if s.end == YESTERDAY)
    changed = max(marked, math.ceil(a_day * (hours + 1) / 24))
    together = used(SEARCH_ORDERS, searched).seconds(before + max(1, math.ceil(changed / 100)), AT)
    one_by_one = used(GET_ORDER, asked).seconds(marked, AT)
    if found.marked.operation == "getOrder":
        assert one_by_one <= max(PATIENCE, together)
    else:
        assert together < one_by_one
