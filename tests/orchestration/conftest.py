"""A whole deployment on loopback: simulated Amazon, AWS emulator, a lake folder, and the platform's own Dagster definitions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from deployment import TOKENS, Deployment

from spapi_assets.assets.plan import plan_asset
from spapi_assets.assets.raw import raw_assets
from spapi_assets.assets.requests import request_asset
from spapi_assets.datasets.loader import load_registry
from spapi_assets.jobs import load_jobs
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.sensors import notification_sensor, sweep_sensor
from spapi_assets.settings import load_settings
from spapi_assets.simulator.server import Simulator


@pytest.fixture
def deployment(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    from spapi_assets.ingest.onboarding import connect, set_up
    from spapi_assets.spapi.auth import LwaCredentials

    monkeypatch.setenv("SPAPI_LAKE_URI", str(tmp_path / "lake"))
    monkeypatch.setenv("SPAPI_FIRST_DATE", str(datetime.now(UTC).date() - timedelta(days=40)))
    monkeypatch.setenv("SPAPI_POLL_SECONDS", "20")
    settings = load_settings()
    platform = PlatformResource.of(settings)
    context = platform.context()
    set_up(context)
    for account in settings.accounts:
        credentials = LwaCredentials("amzn1.application-oa2-client.simulator", "simulator-secret", TOKENS[account.name])
        list(connect(context, account, credentials))
    registry = load_registry()
    reports = [r for r in registry.reports.values() if settings.partition_keys(r)]
    jobs = load_jobs(registry, settings)
    definitions = dg.Definitions(
        assets=[
            *(request_asset(r, settings) for r in reports if r.window.kind != "harvest"),
            *(raw_assets(r, settings) for r in reports),
            plan_asset(registry, settings),
        ],
        jobs=list(jobs.values()),
        sensors=[notification_sensor(registry, settings, jobs), sweep_sensor()],
        resources={"platform": platform},
        executor=dg.in_process_executor,
    )
    with dg.instance_for_test() as instance:
        yield Deployment(simulator, platform, instance, definitions, tmp_path / "lake")
