"""One job per report and API: its raw assets, so that a sensor can start any of them although partitions differ between them.
Everything else is started by asset selection."""

from typing import Any

import dagster as dg

from spapi_assets.assets.specs import raw_key
from spapi_assets.datasets.loader import Registry
from spapi_assets.settings import Settings


def load_jobs(registry: Registry, settings: Settings) -> dict[str, Any]:
    """`load_<report>` by report name, for reports that some account wants."""
    return {
        report.name: dg.define_asset_job(
            f"load_{report.name}",
            selection=dg.AssetSelection.assets(*(raw_key(d) for d in report.datasets)),
            description=f"Loads finished documents of {report.title}.",
        )
        for report in registry.reports.values()
        if settings.partition_keys(report)
    }


def read_jobs(registry: Registry, settings: Settings) -> dict[str, Any]:
    """`read_<source>_job` by source name, for APIs that some account takes: the schedule and the refresh sensor start it."""
    return {
        source.name: dg.define_asset_job(
            f"read_{source.name}_job",
            selection=dg.AssetSelection.assets(*(raw_key(d) for d in source.datasets)),
            description=f"Reads {source.title}.",
        )
        for source in registry.apis.values()
        if source.call is not None and settings.partition_keys(source)
    }
