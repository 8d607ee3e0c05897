"""A deployment without a network: accounts of both kinds, the built-in registry, tables and queue in memory, a folder lake."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from spapi_assets.aws.ledger import Ledger
from spapi_assets.aws.setup import _table
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.context import IngestContext
from spapi_assets.lake.store import Lake
from spapi_assets.settings import Account, Settings
from tests.flow.amazon import Amazon, Clock
from tests.flow.conftest import SELLER, VENDOR
from tests.flow.year.dynamo import MemoryDynamo
from tests.notifications.queue import FakeQueue

AMERICAN = Account(
    name="kestrel_na",
    kind="seller",
    region="na",
    selling_partner_id="A3TH9S8BH6GOGM",  # of most of Amazon's examples
    marketplaces=("US", "CA"),
    secret="spapi/kestrel_na",
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> FakeQueue:
    return FakeQueue(clock)


def deployment(folder: Path, clock: Clock, queue: FakeQueue, accounts: tuple[Account, ...] = (SELLER, VENDOR, AMERICAN)) -> Any:
    """A context on tables of its own."""
    settings = Settings(accounts=accounts, lake_uri=str(folder / "lake"), first_date="2026-01-01")
    clients: Any = SimpleNamespace(dynamodb=MemoryDynamo())
    _table(clients, settings.ledger_table, sort_key=True)
    _table(clients, settings.quota_table, sort_key=False)
    _table(clients, settings.identifiers_table, sort_key=True, index=False)
    amazon = Amazon(clock)
    return IngestContext(
        settings=settings,
        registry=load_registry(),
        ledger=Ledger(clients, settings.ledger_table, clock),
        lake=Lake(settings.lake_uri),
        throttle=amazon,
        make_apis=amazon.apis,
        clients=clients,
        queue=queue,  # type: ignore[arg-type]
        now=clock,
        sleep=clock.sleep,
        monotonic=clock.monotonic,
    )


@pytest.fixture
def ctx(tmp_path: Path, clock: Clock, queue: FakeQueue) -> IngestContext:
    return deployment(tmp_path, clock, queue)
