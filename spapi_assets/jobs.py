"""One job per report: its raw assets, so that a sensor can start loads of any report although partitions differ between them.
Everything else is started by asset selection."""

from typing import Any

import dagster as dg

from spapi_assets.assets.raw import raw_key
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
