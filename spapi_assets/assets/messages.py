"""`raw/<dataset>` of Amazon's notifications: shown like other raw assets, filled by the sensor `report_notifications` in its tick.
Nothing can be asked for, so there is nothing to run; making rows is `ingest/notifications/tables.py`."""

from collections.abc import Iterator

import dagster as dg

from spapi_assets.assets.specs import raw_spec
from spapi_assets.datasets.model import ApiSource
from spapi_assets.partitions import partitions_of
from spapi_assets.settings import Settings


def message_assets(source: ApiSource, settings: Settings) -> Iterator[dg.AssetSpec]:
    """The raw assets of one notification type, by account and day."""
    for dataset in source.datasets:
        yield raw_spec(source, dataset).replace_attributes(partitions_def=partitions_of(source, settings))
