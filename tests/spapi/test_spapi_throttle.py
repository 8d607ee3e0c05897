"""The bucket's arithmetic, under any history of calls."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_assets.spapi.errors import Throttled
from spapi_assets.spapi.throttle import (
    ARRIVAL_JITTER,
    BucketKey,
    BucketState,
    InMemoryThrottle,
    RatePlan,
    emptied,
    gcra,
    relearn,
    spacing,
)

KEY = BucketKey("app", "A3KESTREL0EU0", "eu", "createReport")
PLANS = st.sampled_from([RatePlan(0.0167, 15), RatePlan(2.0, 15), RatePlan(0.0222, 10), RatePlan(1.0, 5), RatePlan(2.0, 2),
                         RatePlan(0.1, 1), RatePlan(5.0, 10), RatePlan(30.0, 30)])  # fmt: skip
PAUSES = st.lists(st.one_of(st.just(0.0), st.floats(0, 5), st.floats(0, 500)), min_size=1, max_size=120)


def _grants(plan: RatePlan, pauses: list[float], reserve: float = 0.0) -> list[tuple[float, BucketState]]:
    """Grant times of a client that asks after each pause and, when refused, again when told."""
    now, state, granted = 1_800_000_000.0, None, []
    for pause in pauses:
        now += pause
        decision = gcra(state, plan, now, reserve)
        if decision.wait > 0:
            now += decision.wait + 1e-6
            decision = gcra(state, plan, now, reserve)
        assert decision.wait == 0, "a client that waits as told gets its token"
        state = decision.state
        granted.append((now, state))
    return granted


@settings(max_examples=150, deadline=None)
@given(PLANS, PAUSES)
def test_no_stretch_of_time_sees_more_grants_than_burst_plus_rate_times_time(plan: RatePlan, pauses: list[float]) -> None:
    times = [t for t, _ in _grants(plan, pauses)]
    for i, start in enumerate(times):
        for count, end in enumerate(times[i:], 1):
            assert count <= plan.burst + plan.rate * (end - start) + 1e-6


@settings(max_examples=150, deadline=None)
@given(PLANS, PAUSES, st.data())
def test_amazons_bucket_is_never_overdrawn_although_latencies_vary(
    plan: RatePlan, pauses: list[float], data: st.DataObject
) -> None:
    most = min(ARRIVAL_JITTER, (plan.burst - 1) / 2 / plan.rate if plan.burst > 1 else 0.1 / plan.rate)
    arrivals = sorted(t + data.draw(st.floats(0, most)) for t, _ in _grants(plan, pauses))
    tokens, at = float(plan.burst), arrivals[0]
    for arrival in arrivals:
        tokens, at = min(plan.burst, tokens + (arrival - at) * plan.rate), arrival
        tokens -= 1
        assert tokens > -1e-5


@settings(max_examples=150, deadline=None)
@given(PLANS, PAUSES, st.floats(0, 0.9))
def test_a_reserve_stays_in_the_bucket(plan: RatePlan, pauses: list[float], reserve: float) -> None:
    for now, state in _grants(plan, pauses, reserve):
        left = plan.burst - (state.tat - now) / spacing(state, plan)
        assert left >= min(plan.burst - 1, reserve * plan.burst) - 1e-3


@given(PLANS.filter(lambda plan: plan.burst > 1))
def test_the_margin_costs_no_more_than_two_percent_of_the_published_rate(plan: RatePlan) -> None:
    calls = 40 * plan.burst
    times = [t for t, _ in _grants(plan, [0.0] * calls)]
    assert times[-1] - times[0] <= 1.02 * (calls - plan.burst) / plan.rate + 1


def test_a_new_rate_changes_the_spacing_and_keeps_what_is_missing() -> None:
    plan, now = RatePlan(1.0, 5), 1_800_000_000.0
    state = None
    for _ in range(4):
        state = gcra(state, plan, now).state
    slower = relearn(state, plan, 0.5, now)
    assert spacing(slower, plan) == pytest.approx(2 * spacing(state, plan))
    assert (slower.tat - now) / spacing(slower, plan) == pytest.approx(4)


def test_after_a_refusal_the_bucket_is_empty() -> None:
    plan, now = RatePlan(0.0167, 15), 1_800_000_000.0
    assert gcra(emptied(None, plan, now), plan, now).wait >= 1 / plan.rate


def test_waiting_longer_than_allowed_is_an_error_that_says_how_long_and_takes_nothing() -> None:
    now = [1_800_000_000.0]
    throttle = InMemoryThrottle(lambda: now[0], lambda s: now.__setitem__(0, now[0] + s))
    plan = RatePlan(0.0167, 2)
    throttle.acquire(KEY, plan, max_wait=0)
    assert 0 < throttle.acquire(KEY, plan, max_wait=1) <= 1.1  # the arrival margin
    with pytest.raises(Throttled) as caught:
        throttle.acquire(KEY, plan, max_wait=10)
    assert caught.value.retry_after == pytest.approx(throttle.peek(KEY, plan))
    assert "createReport" in str(caught.value)
    assert "A3KESTREL0EU0" in str(caught.value)
