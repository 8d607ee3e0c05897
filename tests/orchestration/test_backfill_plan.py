"""`platform/backfill_plan` in the UI: what a back-fill costs before it runs, and how far it has come while it runs."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg
from deployment import Deployment

from spapi_assets.ingest.progress import in_a_sentence, progress
from spapi_assets.ingest.requesting import plan_and_write
from spapi_assets.lake.layout import Partition


def _plan(deployment: Deployment, **config: object) -> dict[str, dg.MetadataValue]:
    key = dg.AssetKey(["platform", "backfill_plan"])
    job = deployment.definitions.get_repository_def().get_implicit_job_def_for_assets([key])
    assert job is not None
    job.get_subset(asset_selection={key}).execute_in_process(
        instance=deployment.instance,
        run_config={"ops": {"platform__backfill_plan": {"config": config}}},
    )
    event = deployment.instance.get_latest_materialization_event(key)
    assert event is not None
    assert event.asset_materialization is not None
    return dict(event.asset_materialization.metadata)


def test_the_plan_shows_requests_and_the_finishing_date_and_then_the_progress(deployment: Deployment) -> None:
    last = deployment.yesterday - timedelta(days=3)
    days = {"first_day": str(last - timedelta(days=364)), "last_day": str(last)}
    told = _plan(deployment, reports=["orders_by_last_update"], accounts=["kestrel_eu"], **days)
    assert told["requests"].value == 13
    assert told["requests, one a day"].value == 365
    assert "under way" not in told

    ctx = deployment.context
    report = ctx.registry.reports["sales_and_traffic"]
    wanted = [Partition("kestrel_eu", "DE", last - timedelta(days=n)) for n in range(40)]
    plan_and_write(ctx, report, sorted(wanted), priority="backfill")
    told = _plan(deployment, reports=["analytics"], accounts=["kestrel_eu"], **days)
    (under_way,) = told["under way"].records
    assert under_way.data["waiting for quota"] == 40
    assert under_way.data["last request (UTC)"] != ""
    assert "40 requests wait for quota" in in_a_sentence(progress(ctx))
