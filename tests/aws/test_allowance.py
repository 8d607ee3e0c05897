"""Limits a day of a report type: exact over a sliding day, shared, lowered when Amazon refuses, tried again later."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from spapi_assets.aws.allowance import BELIEVED, DAY, Allowance, DailyAllowance
from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.setup import _table
from tests.flow.year.dynamo import MemoryDynamo


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["emulator", "memory"])
def allowance(request: pytest.FixtureRequest, clock: Clock) -> DailyAllowance:
    """On the AWS emulator, and on the table in memory that the simulated year uses: they must answer alike."""
    clients: Any = SimpleNamespace(dynamodb=MemoryDynamo())
    if request.param == "emulator":
        request.getfixturevalue("aws")
        clients = AwsClients()
    name = f"quota-{uuid.uuid4().hex}"
    _table(clients, name, sort_key=False)
    return DailyAllowance(clients, name, clock=clock)


def test_no_more_than_the_limit_in_any_24_hours_and_not_one_less(allowance: DailyAllowance, clock: Clock) -> None:
    made = []
    while clock.now < 1_790_000_000.0 + 3 * DAY:
        wait = allowance.take("A1#eu#T", 5)
        if wait:
            clock.now += wait
        else:
            made.append(clock.now)
            clock.now += 600
    assert all(sum(start <= t < start + DAY for t in made) <= 5 for start in made)
    assert len(made) == 15  # the whole limit of each of the three days is used


def test_a_back_fill_leaves_the_reserve_to_fresh_days(allowance: DailyAllowance) -> None:
    taken = 0
    while not allowance.take("A1#eu#T", 9, reserve=0.34):
        taken += 1
    assert taken == 5
    assert allowance.take("A1#eu#T", 9) == 0.0


def test_processes_that_ask_at_once_never_exceed_it(allowance: DailyAllowance) -> None:
    with ThreadPoolExecutor(4) as pool:
        waits = list(pool.map(lambda _: allowance.take("A1#eu#T", 6), range(12)))
    assert waits.count(0.0) == 6


def test_a_type_without_a_known_limit_is_never_held_back(allowance: DailyAllowance) -> None:
    assert [allowance.take("A1#eu#T", None) for _ in range(30)] == [0.0] * 30


def test_two_refusals_in_a_row_are_the_limit_and_one_is_not(allowance: DailyAllowance, clock: Clock) -> None:
    for _ in range(7):
        assert allowance.take("A1#eu#T", None) == 0.0
        allowance.made("A1#eu#T")
    allowance.take("A1#eu#T", None)
    assert allowance.refused("A1#eu#T") is None  # it may have been the quota that all types share
    allowance.take("A1#eu#T", None)
    assert allowance.refused("A1#eu#T") == 7
    assert 0 < allowance.take("A1#eu#T", None) <= DAY
    clock.now += DAY
    assert sum(allowance.take("A1#eu#T", None) == 0.0 for _ in range(9)) == 7


def test_a_request_that_went_through_in_between_clears_the_suspicion(allowance: DailyAllowance) -> None:
    for _ in range(3):
        allowance.take("A1#eu#T", None)
        assert allowance.refused("A1#eu#T") is None
        allowance.take("A1#eu#T", None)
        allowance.made("A1#eu#T")


def test_a_learned_limit_is_doubted_after_a_week(allowance: DailyAllowance, clock: Clock) -> None:
    allowance.take("A1#eu#T", 96)
    allowance.refused("A1#eu#T", certain=True)
    known = allowance.state("A1#eu#T")
    assert known.limit(96, clock.now) == 1
    assert known.limit(96, clock.now + BELIEVED) == 96


def test_a_type_that_is_always_refused_is_tried_once_a_day(allowance: DailyAllowance, clock: Clock) -> None:
    tries = 0
    for _ in range(24 * 10):
        if not allowance.take("A1#eu#T", None):
            tries += 1
            allowance.refused("A1#eu#T")
        clock.now += 3600
    assert tries <= 12


def test_the_wait_ends_when_the_oldest_call_is_a_day_old() -> None:
    known = Allowance(taken=(100.0, 200.0, 300.0))
    assert known.wait(3, 1000.0) == pytest.approx(100.0 + DAY - 1000.0)
    assert known.wait(4, 1000.0) == 0.0
