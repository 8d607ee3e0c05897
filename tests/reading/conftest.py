"""APIs read from a server that is made of Amazon's models alone, into a folder lake, with the AWS emulator behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from model_server import ModelServer

from spapi_assets.aws.secrets import write_credentials
from spapi_assets.aws.setup import set_up_aws
from spapi_assets.ingest.context import IngestContext, build_context
from spapi_assets.settings import Account, Settings
from spapi_assets.spapi.auth import LwaCredentials

SELLER = Account(
    name="brand_eu",
    kind="seller",
    region="eu",
    selling_partner_id="A1BRANDEU",
    marketplaces=("DE", "UK"),
    reports=("all",),
    secret="spapi/brand_eu",
)
VENDOR = Account(
    name="brand_vendor_us",
    kind="vendor",
    region="na",
    selling_partner_id="VENDORCODE",
    marketplaces=("US",),
    reports=("all",),
    secret="spapi/brand_vendor_us",
)
# Another seller of the same application: with buckets of its own at Amazon.
SECOND = Account(
    name="other_eu",
    kind="seller",
    region="eu",
    selling_partner_id="A2OTHEREU",
    marketplaces=("DE", "FR"),
    reports=("all",),
    secret="spapi/other_eu",
)


def settings_of(lake: str, url: str) -> Settings:
    """The deployment's settings, in this process or another."""
    return Settings(
        accounts=(SELLER, VENDOR, SECOND),
        lake_uri=lake,
        first_date="2026-01-01",
        spapi_endpoint_url=url,
        lwa_endpoint_url=url,
    )


@pytest.fixture
def deployment(aws: str, tmp_path: Path, model_server: ModelServer) -> Callable[[], IngestContext]:
    """Makes the context of one more process of the same deployment: nothing is shared but what AWS and the lake hold."""
    settings = settings_of(str(tmp_path / "lake"), model_server.url)
    first = build_context(settings)
    set_up_aws(first.clients, settings)
    for account in settings.accounts:
        credentials = LwaCredentials("amzn1.application-oa2-client.test", "secret", f"Atzr|{account.name}")
        write_credentials(first.clients, account.secret, credentials)
    return lambda: build_context(settings)


@pytest.fixture
def ctx(deployment: Callable[[], IngestContext]) -> IngestContext:
    return deployment()
