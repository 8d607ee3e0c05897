"""Makes the lake readable before it is full: every dataset is an empty table, on the lake and in Glue, until its first load.
Loading is `load.py`; the platform's own tables are `coverage.py`."""

from __future__ import annotations

from spapi_assets.datasets.dbt_sources import is_modelled
from spapi_assets.datasets.loader import Registry
from spapi_assets.ingest.context import IngestContext


def prepare_lake(ctx: IngestContext) -> None:
    """Zero-row files for engines that read the lake's folders, tables without partitions for those that read Glue. Repeatable.

    For what some account takes, and what the dbt models read whether or not anybody takes it.
    """
    from spapi_assets.lake.parquet import schema_objects

    registry, settings = ctx.registry, ctx.settings
    wanted = Registry(s for s in registry.sources.values() if is_modelled(s, registry) or settings.partition_keys(s))
    schema_objects(ctx.lake, wanted, pii_columns=ctx.settings.pii_columns)
    if ctx.catalog is not None:
        ctx.catalog.ensure_tables(wanted)
