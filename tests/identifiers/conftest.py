"""Stores of identifiers and marks on one table: on the AWS emulator, and on the table in memory that is quicker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.identifiers import Identifiers
from spapi_assets.aws.refreshes import Refreshes
from spapi_assets.aws.setup import _table
from tests.flow.year.dynamo import MemoryDynamo

TABLE = "spapi-identifiers"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def in_memory() -> Any:
    clients: Any = SimpleNamespace(dynamodb=MemoryDynamo())
    _table(clients, TABLE, sort_key=True, index=False)
    return clients


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["emulator", "memory"])
def clients(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return in_memory()
    request.getfixturevalue("aws")
    real = AwsClients()
    _table(real, TABLE, sort_key=True, index=False)
    return real


@pytest.fixture
def identifiers(clients: Any, clock: Clock) -> Identifiers:
    return Identifiers(clients, TABLE, clock)


@pytest.fixture
def refreshes(clients: Any, clock: Clock) -> Refreshes:
    return Refreshes(clients, TABLE, clock)
