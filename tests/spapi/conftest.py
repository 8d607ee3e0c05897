"""The fake Amazon and sessions against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fake_amazon import Clock, FakeAmazon, make_session

from spapi_assets.spapi.session import SpApiSession


@pytest.fixture
def amazon() -> Iterator[FakeAmazon]:
    fake = FakeAmazon()
    yield fake
    fake.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(amazon: FakeAmazon, clock: Clock) -> SpApiSession:
    return make_session(amazon, clock)


@pytest.fixture
def session_factory(amazon: FakeAmazon, clock: Clock) -> Callable[..., SpApiSession]:
    return lambda **options: make_session(amazon, clock, **options)
