"""Reports that only Amazon's own schedule makes: the schedule is created once, and nobody's schedule is replaced."""

from __future__ import annotations

from spapi_assets.ingest.amazon_schedules import scheduled
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.sweep import sweep
from tests.flow.conftest import SELLER


def _taking(ctx: IngestContext, *reports: str) -> IngestContext:
    account = SELLER.model_copy(update={"reports": reports})
    ctx.settings = ctx.settings.model_copy(update={"accounts": (account,)})
    return ctx


def test_a_missing_schedule_is_created_once_and_an_existing_one_is_left_alone(real: IngestContext) -> None:
    report = next(r for r in real.registry.reports.values() if r.window.report_schedule and r.marketplaces is None)
    ctx = _taking(real, report.name)
    api = ctx.apis("kestrel_eu").reports
    places = [["A1PA6795UKMFR9"], ["A1F83G8C2ARO7P"]] if report.scope == "marketplace" else [["A1PA6795UKMFR9", "A1F83G8C2ARO7P"]]
    by_hand = api.create_report_schedule(report.report_type, places[0], "P7D")
    told = sweep(ctx, 20)
    assert any("every P7D" in sentence for sentence in told.problems)
    first = {s.schedule_id for s in api.get_report_schedules([report.report_type])}
    assert by_hand in first
    assert len(first) == len(places)
    ctx.ledger.set_mark("schedules#kestrel_eu", ctx.now().replace(year=2020))  # a day later
    sweep(ctx, 20)
    assert {s.schedule_id for s in api.get_report_schedules([report.report_type])} == first


def test_an_account_that_takes_no_such_report_costs_no_call(real: IngestContext) -> None:
    assert scheduled(_taking(real, "default"), real.settings.account("kestrel_eu")) == []
