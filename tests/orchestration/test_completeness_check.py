"""The `completeness` check in the UI: what is known of each account in a few lines, and what happens next and when."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg
from deployment import Deployment

from spapi_assets.assets.completeness import completeness_checks
from spapi_assets.ingest.requesting import plan_and_write
from spapi_assets.lake.layout import Partition


def test_the_check_tells_by_account_what_is_open_and_what_happens_next(deployment: Deployment) -> None:
    ctx = deployment.context
    days = [Partition("kestrel_eu", None, deployment.yesterday - timedelta(days=n)) for n in (3, 2)]
    plan_and_write(ctx, ctx.registry.reports["orders_by_last_update"], days, priority="backfill")

    check = dg.AssetCheckKey(dg.AssetKey(["raw", "orders_by_last_update"]), "completeness")
    judging = dg.define_asset_job("judging", dg.AssetSelection.checks(check))
    checks = dg.Definitions(asset_checks=[completeness_checks(ctx.registry, ctx.settings)], jobs=[judging])
    job = dg.Definitions.merge(deployment.definitions, checks).resolve_job_def("judging")
    done = job.execute_in_process(instance=deployment.instance)
    (evaluation,) = done.get_asset_check_evaluations()
    lines = [record.data for record in evaluation.metadata["what is known, and what happens next"].records]
    (requested,) = [line for line in lines if line["state"] == "requested"]
    assert (requested["account"], requested["days"]) == ("kestrel_eu", 2)
    assert (requested["first"], requested["last"]) == (str(days[0].day), str(days[1].day))
    assert "the next sweep asks Amazon" in requested["reason"]
    assert evaluation.metadata["days requested"].value == 2
    (back_fill, *_) = [line for line in lines if line["state"] == "missing"]
    assert "request/orders_by_last_update" in back_fill["next action"] or "scheduled run" in back_fill["next action"]
