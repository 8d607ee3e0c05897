"""`platform/backfill_plan`: what a back-fill would cost before it runs, and how far it has come while it runs, in the UI.
A thin shell: costs are `ingest/costs.py`, progress is `ingest/progress.py`. It asks Amazon nothing."""

from datetime import date, timedelta
from typing import Any

import dagster as dg
from pydantic import Field

from spapi_assets.datasets.loader import Registry
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import Settings

PLAN = dg.AssetKey(["platform", "backfill_plan"])


class PlanConfig(dg.Config):
    """Launchpad options; empty lists and texts mean everything."""

    reports: list[str] = Field(default_factory=list, description="Reports, APIs or families; empty: all that the accounts take")
    accounts: list[str] = Field(default_factory=list, description="Account names; empty: all")
    first_day: str = Field("", description="First day, e.g. 2024-01-01; empty: the deployment's first day")
    last_day: str = Field("", description="Last day; empty: yesterday")


def plan_asset(registry: Registry, settings: Settings) -> dg.AssetsDefinition:
    """The plan as an asset: materialize it, change the range in the Launchpad, and read the tables."""

    @dg.asset(
        key=PLAN,
        group_name="platform",
        kinds={"dynamodb"},
        owners=["team:data-platform"],
        description="Requests, calls, hours and finishing date of a back-fill of reports and APIs, before and while it runs. "
        "Asks Amazon nothing.",
    )
    def backfill_plan(context: dg.AssetExecutionContext, config: PlanConfig, platform: PlatformResource) -> dg.MaterializeResult:
        from spapi_assets.ingest.costs import forecast
        from spapi_assets.ingest.progress import progress
        from spapi_assets.ingest.reading_costs import read_forecast

        ctx = platform.context()
        now = ctx.now()
        first = date.fromisoformat(config.first_day or settings.first_date)
        last = date.fromisoformat(config.last_day) if config.last_day else now.date() - timedelta(days=1)
        chosen = set(config.reports)
        unknown = chosen - set(registry.sources) - {source.family for source in registry.sources.values()}
        if unknown or last < first:
            raise dg.Failure(
                f"There is no report, API or family {sorted(unknown)}." if unknown else f"{last} lies before {first}."
            )
        accounts = [settings.account(name) for name in config.accounts] or list(settings.accounts)
        wanted = [r for r in registry.reports.values() if not chosen or {r.name, r.family} & chosen]
        apis = [a for a in registry.apis.values() if not chosen or {a.name, a.family} & chosen]
        costs, totals, notes = forecast(ctx, [r for r in wanted if settings.partition_keys(r)], accounts, first, last)
        reads, read_totals = read_forecast(ctx, apis, accounts, first, last, notes)
        for note in notes:
            context.log.warning(note)
        metadata: dict[str, Any] = {
            "days": f"{first} to {last}",
            "requests": sum(t.requests for t in totals),
            "requests, one a day": sum(t.one_a_day for t in totals),
            "hours": round(max((t.hours for t in totals), default=0.0), 1),
            "finished": f"{max((t.finished(now) for t in totals), default=now):%Y-%m-%d %H:%M} UTC",
            "API calls": sum(t.calls for t in read_totals),
            "APIs read": f"{max((t.finished(now) for t in read_totals), default=now):%Y-%m-%d %H:%M} UTC",
            "by account": _table(
                [
                    {
                        "account": t.account,
                        "requests": t.requests,
                        "one a day": t.one_a_day,
                        "hours": round(t.hours, 1),
                        "finished (UTC)": f"{t.finished(now):%Y-%m-%d %H:%M}",
                        "pace set by": t.limit,
                    }
                    for t in totals
                ]
            ),
            "by report": _table(
                [
                    {
                        "report": c.report,
                        "account": c.account_key,
                        "partitions": c.days,
                        "loaded": c.held,
                        "on the way": c.open,
                        "requests": c.requests,
                        "one a day": c.one_a_day,
                        "note": c.note,
                    }
                    for c in costs
                    if c.requests or c.open or c.person
                ]
            ),
            "by API": _table(
                [
                    {
                        "API": c.source,
                        "account": c.account_key,
                        "operation": c.operation,
                        "partitions": c.days,
                        "read": c.read,
                        "identifiers": c.identifiers,
                        "calls": c.calls,
                        "minutes": round(c.seconds / 60, 1),
                        "calls a minute": round(c.rate * 60, 1),
                        "note": c.note,
                    }
                    for c in reads
                    if c.calls or c.note
                ]
            ),
            "under way": _table(
                [
                    {
                        "account": p.account,
                        "report": p.report,
                        "waiting for quota": p.planned,
                        "at Amazon": p.at_amazon,
                        "to load": p.to_load,
                        "days": f"{p.first} to {p.last}",
                        "last request (UTC)": f"{p.finished:%Y-%m-%d %H:%M}" if p.finished else "",
                        "pace set by": p.pace,
                    }
                    for p in progress(ctx)
                ]
            ),
        }
        return dg.MaterializeResult(metadata={name: value for name, value in metadata.items() if value is not None})

    return backfill_plan


def _table(rows: list[dict[str, Any]]) -> Any:
    if not rows:
        return None
    kinds = {
        name: "int" if isinstance(value, int) else "float" if isinstance(value, float) else "string"
        for name, value in rows[0].items()
    }
    schema = dg.TableSchema([dg.TableColumn(name, kind) for name, kind in kinds.items()])
    return dg.MetadataValue.table([dg.TableRecord(row) for row in rows], schema=schema)
