"""The flow on real parts: the AWS emulator, the simulator over HTTP, a folder lake. And a small Amazon in memory with a clock
that the test moves, for what a real server cannot be timed to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.ledger import Ledger
from spapi_assets.aws.queue import NotificationQueue
from spapi_assets.aws.secrets import write_credentials
from spapi_assets.aws.setup import set_up_aws
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.context import IngestContext, build_context
from spapi_assets.lake.store import Lake
from spapi_assets.settings import Account, Settings
from spapi_assets.simulator.server import Simulator
from spapi_assets.spapi.auth import LwaCredentials
from tests.flow.amazon import Amazon, Clock

SELLER = Account(
    name="kestrel_eu",
    kind="seller",
    region="eu",
    selling_partner_id="A3KESTREL0EU0",
    marketplaces=("DE", "UK"),
    secret="spapi/kestrel_eu",
)
VENDOR = Account(
    name="kestrel_vendor_us",
    kind="vendor",
    region="na",
    selling_partner_id="amzn1.vg.1000001",
    marketplaces=("US",),
    fan_out={"distributorView": ("MANUFACTURING",), "sellingProgram": ("RETAIL",)},
    secret="spapi/kestrel_vendor_us",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(accounts=(SELLER, VENDOR), lake_uri=str(tmp_path / "lake"), first_date="2026-01-01")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def amazon(clock: Clock) -> Amazon:
    return Amazon(clock)


@pytest.fixture
def ctx(aws: str, settings: Settings, amazon: Amazon, clock: Clock) -> IngestContext:
    """The flow against Amazon in memory; the ledger is real."""
    clients = AwsClients()
    set_up_aws(clients, settings)
    return IngestContext(
        settings=settings,
        registry=load_registry(),
        ledger=Ledger(clients, settings.ledger_table, clock),
        lake=Lake(settings.lake_uri),
        throttle=amazon,
        make_apis=amazon.apis,
        clients=clients,
        queue=NotificationQueue(clients, settings.queue_name),
        now=clock,
        sleep=clock.sleep,
        monotonic=clock.monotonic,
    )


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    server = Simulator(quota_scale=1000.0, processing_seconds=0.5, scale=0.1).start()
    yield server
    server.stop()


@pytest.fixture
def real(aws: str, settings: Settings, simulator: Simulator) -> IngestContext:
    """The flow as it is deployed, against the simulator."""
    settings = settings.model_copy(update={"spapi_endpoint_url": simulator.url, "lwa_endpoint_url": simulator.url})
    context = build_context(settings)
    set_up_aws(context.clients, settings)
    for account, token in ((SELLER, "Atzr|simulator-kestrel-eu"), (VENDOR, "Atzr|simulator-kestrel-vendor-us")):
        credentials = LwaCredentials("amzn1.application-oa2-client.simulator", "simulator-secret", token)
        write_credentials(context.clients, account.secret, credentials)
    context.times = replace(context.times, poll_first=0.2, look_after=0.0, settle=3.0)
    return context
