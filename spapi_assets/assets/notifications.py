"""`raw/<dataset>` of Amazon's messages: they come by themselves, so nothing can be materialized by hand.
The sensor `notification_tables` (`api_automation.py`) reports what has landed with the events that are made here."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import dagster as dg

from spapi_assets.assets.specs import raw_key, raw_spec
from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import ApiSource
from spapi_assets.partitions import key_of, partitions_of
from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.ingest.documents.context import LoadResult


def notification_sources(registry: Registry, settings: Settings) -> list[ApiSource]:
    """The notification types that some account keeps as tables."""
    return [source for source in registry.apis.values() if source.notification and settings.partition_keys(source)]


def notification_specs(registry: Registry, settings: Settings) -> Iterator[dg.AssetSpec]:
    """One asset a dataset, partitioned by account and day, whose materializations the sensor reports."""
    for source in notification_sources(registry, settings):
        partitions = partitions_of(source, settings)
        for dataset in source.datasets:
            yield raw_spec(source, dataset).replace_attributes(partitions_def=partitions)


def landed_events(
    registry: Registry, documents: "Iterable[tuple[str, str, LoadResult]]"
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """What Dagster is told of loaded documents: a materialization per dataset and partition."""
    for name, _, result in documents:
        for dataset in registry.apis[name].datasets:
            load = result.datasets.get(dataset.name)
            for partition, written in (load.partitions if load else {}).items():
                yield dg.AssetMaterialization(
                    raw_key(dataset),
                    partition=key_of(partition),
                    metadata={
                        "dagster/row_count": written.rows,
                        "uri": dg.MetadataValue.path(written.uri),
                        "document": result.report_id,
                        "quarantined": load.quarantined if load else 0,
                    },
                )
