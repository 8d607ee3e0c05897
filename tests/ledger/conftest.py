"""A real ledger on the AWS emulator, with a clock the test moves; and the same on the table in memory that the simulated year
uses, so that every test of the ledger proves that the two answer alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.ledger import Ledger
from spapi_assets.aws.setup import _table
from tests.flow.year.dynamo import MemoryDynamo


class Clock:
    def __init__(self, now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["emulator", "memory"])
def ledger(request: pytest.FixtureRequest, clock: Clock) -> Ledger:
    clients: Any = SimpleNamespace(dynamodb=MemoryDynamo())
    if request.param == "emulator":
        request.getfixturevalue("aws")
        clients = AwsClients()
    _table(clients, "spapi-ledger", sort_key=True)
    return Ledger(clients, "spapi-ledger", clock)
