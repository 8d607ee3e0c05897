"""A deployment for the command line: AWS emulator, simulator and a lake folder, reached only through the environment."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.secrets import write_credentials
from spapi_assets.cli import cli
from spapi_assets.ingest.context import build_context
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import poll
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import load_settings
from spapi_assets.simulator.accounts import CLIENT_ID, CLIENT_SECRET
from spapi_assets.simulator.server import Simulator
from spapi_assets.spapi.auth import LwaCredentials

TOKENS = {"kestrel_eu": "Atzr|simulator-kestrel-eu", "kestrel_vendor_us": "Atzr|simulator-kestrel-vendor-us"}
ACCOUNTS = {
    "kestrel_eu": {"kind": "seller", "region": "eu", "selling_partner_id": "A3KESTREL0EU0", "marketplaces": ["DE", "UK"]},
    "kestrel_vendor_us": {
        "kind": "vendor",
        "region": "na",
        "selling_partner_id": "amzn1.vg.1000001",
        "marketplaces": ["US"],
        "fan_out": {"distributorView": ["MANUFACTURING"], "sellingProgram": ["RETAIL"]},
    },
}


class Deployment:
    """What a person has: an environment, an accounts file, secrets, and the `spapi` command."""

    def __init__(self, folder: Path, simulator: Simulator, aws: str) -> None:
        self.folder, self.simulator, self.aws = folder, simulator, aws
        self.clients = AwsClients()
        self.accounts_file = folder / "accounts.yaml"
        self.lake = folder / "lake"

    def write_accounts(self, **changes: dict[str, object]) -> None:
        """The accounts file, with some fields of some accounts changed."""
        rows = [{"name": name, "secret": f"spapi/{name}", **fields, **changes.get(name, {})} for name, fields in ACCOUNTS.items()]
        self.accounts_file.write_text(yaml.safe_dump({"accounts": rows}))

    def store(self, account: str, *, client_secret: str = CLIENT_SECRET, refresh_token: str | None = None) -> None:
        credentials = LwaCredentials(CLIENT_ID, client_secret, refresh_token or TOKENS[account])
        write_credentials(self.clients, f"spapi/{account}", credentials)

    def connected(self) -> Deployment:
        """Everything as it should be."""
        assert self.run("setup").exit_code == 0
        for account in ACCOUNTS:
            self.store(account)
            assert self.run("connect", account).exit_code == 0
        return self

    def run(self, *arguments: str, **more: object) -> Result:
        return CliRunner().invoke(cli, list(arguments), **more)  # type: ignore[arg-type]

    def json(self, *arguments: str) -> list | dict:  # type: ignore[type-arg]
        result = self.run(*arguments, "--json")
        assert result.stdout, (result.exception, result.output)
        return json.loads(result.stdout)

    def load(self, report: str, account_key: str, first: date, last: date) -> None:
        """Ask Amazon for days of a report and load them, as runs and sensors do."""
        context = build_context(load_settings())
        days = [Partition.of(account_key, first + timedelta(days=n)) for n in range((last - first).days + 1)]
        asked = ask(context, context.registry.reports[report], days, deadline=context.monotonic() + 30)
        assert not asked.problems, asked.problems
        until = context.monotonic() + 60
        for record in asked.created:  # polled, not swept: a sweep would also adopt what others made
            while not (now := poll(context, record)) or not now.ready:
                assert context.monotonic() < until, f"never finished: {record}"
                time.sleep(0.05)
            load_report(context, now)

    def unhealthy(self, *arguments: str) -> dict[tuple[str, str], dict[str, str]]:
        """The doctor's lines that are neither passed nor skipped, by (about, check)."""
        lines = self.json("doctor", *arguments)
        return {(x["about"], x["check"]): x for x in lines if x["level"] in ("FAIL", "WARN")}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(processing_seconds=0.2, quota_scale=200) as running:
        yield running


@pytest.fixture
def deployment(aws: str, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A deployment with nothing set up yet."""
    made = Deployment(tmp_path, simulator, aws)
    made.write_accounts()
    for name, value in {
        "SPAPI_ACCOUNTS_FILE": str(made.accounts_file),
        "SPAPI_LAKE_URI": str(made.lake),
        "SPAPI_ENDPOINT_URL": simulator.url,
        "LWA_ENDPOINT_URL": simulator.url,
        "SPAPI_FIRST_DATE": "2026-01-01",
    }.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def healthy(deployment: Deployment) -> Deployment:
    return deployment.connected()
