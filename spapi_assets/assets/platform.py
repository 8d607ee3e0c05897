"""The platform's tables: what is known about every partition and every request, and what Amazon changed after the fact.
They come from the ledger alone; dbt and the checks read them."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from spapi_assets.assets.specs import raw_key
from spapi_assets.automation import COVERAGE, after_loads
from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import ApiSource
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import Settings

REPORTS = dg.AssetKey(["platform", "reports"])
RESTATEMENTS = dg.AssetKey(["platform", "restatements"])


def platform_assets(registry: Registry, settings: Settings) -> dg.AssetsDefinition:
    """Coverage (dataset x account x day: truth state, reason, next action), the report ledger and restatements, as Parquet."""
    # Every partitioned dependency costs each tick of the automation its time, and all datasets of an API come in one reading.
    taken = [source for source in registry.sources.values() if settings.partition_keys(source)]
    upstream = [raw_key(d) for s in taken for d in (s.datasets[:1] if isinstance(s, ApiSource) else s.datasets)]

    @dg.multi_asset(
        name="platform_tables",
        specs=[
            dg.AssetSpec(
                key,
                deps=upstream,
                description=description,
                group_name="platform",
                kinds={"dynamodb", "parquet"},
                owners=["team:data-platform"],
                # The three are one step: what asks for coverage asks for all of them.
                automation_condition=after_loads(settings.rebuild_cron) if key == COVERAGE else None,
            )
            for key, description in (
                (COVERAGE, "What is known about every dataset, account and day, why, and what happens next."),
                (REPORTS, "Every report asked for or adopted: window, status, reason, document, rows, quota spent."),
                (RESTATEMENTS, "What Amazon changed after the fact: rows and totals of every version that replaced another."),
            )
        ],
    )
    def platform_tables(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[dg.MaterializeResult]:
        from spapi_assets.ingest.coverage import write_coverage
        from spapi_assets.ingest.prepare import prepare_lake

        ctx = platform.context()
        # dbt's sources must exist before their first document does.
        prepare_lake(ctx)
        written = write_coverage(ctx)
        tables = ((COVERAGE, written.coverage), (REPORTS, written.reports), (RESTATEMENTS, written.restatements))
        for key, summary in tables:
            metadata: dict[str, Any] = {"dagster/row_count": summary.rows, "uri": summary.uri}
            yield dg.MaterializeResult(asset_key=key, metadata=metadata | dict(summary.counts))

    return platform_tables
