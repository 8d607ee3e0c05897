"""Amazon's own report schedules, for the reports that only a schedule makes: created once, never replaced.
Finding the reports they make is the sweep's list; the platform's own schedules are Dagster's (`schedules.py`)."""

from __future__ import annotations

from datetime import timedelta

from spapi_assets.datasets.model import Report
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.creating import marketplace_ids
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Account


def scheduled(ctx: IngestContext, account: Account) -> list[Report]:
    """The account's reports that exist only by a schedule at Amazon."""
    return [r for r in ctx.registry.reports.values() if r.window.report_schedule and account.wants(r)]


def keep_schedules(ctx: IngestContext, account: Account, problems: list[str]) -> int:
    """Create the schedules that are missing, looked at once a day; returns how many were created.

    Amazon holds one schedule per type and marketplaces, and a new one silently cancels the old one, also one that the seller set
    in Seller Central. So an existing one is left as it is, whatever its period: its reports are found all the same.
    """
    reports = scheduled(ctx, account)
    mark, now = f"schedules#{account.name}", ctx.now()
    looked = ctx.ledger.mark(mark)
    if not reports or (looked is not None and now - looked < timedelta(seconds=ctx.times.upkeep_every)):
        return 0
    api, created = ctx.apis(account.name).reports, 0
    there = {(s.report_type, frozenset(s.marketplace_ids)): s for s in api.get_report_schedules([r.report_type for r in reports])}
    for report in reports:
        for key in ctx.settings.partition_keys(report):
            place = Partition.of(key, now.date())
            if place.account != account.name:
                continue
            ids = marketplace_ids(account, report, place.marketplace)
            known = there.get((report.report_type, frozenset(ids)))
            if known is None:
                api.create_report_schedule(report.report_type, ids, str(report.window.report_schedule), options=report.options)
                created += 1
            elif known.period != report.window.report_schedule:
                problems.append(
                    f"{key}: Amazon makes {report.report_type} every {known.period}, set by somebody else; the registry says "
                    f"{report.window.report_schedule}. It is left as it is: a new schedule would silently cancel that one."
                )
    ctx.ledger.set_mark(mark, now)
    return created
