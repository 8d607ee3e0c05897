"""How a raw dataset looks in Dagster, whether a report or an API feeds it: key, spec, columns, checks, metadata.
The assets themselves are `raw.py` (reports) and `apis.py`."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import dagster as dg

from spapi_assets.datasets.dbt_sources import is_modelled
from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import ApiSource, Column, Dataset, Source
from spapi_assets.settings import Settings


def raw_key(dataset: str | Dataset) -> dg.AssetKey:
    return dg.AssetKey(["raw", dataset if isinstance(dataset, str) else dataset.name])


def raw_spec(source: Source, dataset: Dataset, deps: Iterable[dg.AssetKey] = ()) -> dg.AssetSpec:
    """A raw dataset as Dagster shows it: columns, grain, freshness, where its facts come from."""
    return dg.AssetSpec(
        raw_key(dataset),
        deps=list(deps),
        description=f"{dataset.description}\n\nOne row: {dataset.grain}.",
        group_name=f"raw_{source.family}",
        kinds={"parquet", "glue"},
        owners=["team:data-platform"],
        tags={"spapi/report": source.name, "spapi/scope": str(source.scope)},
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=source.freshness_hours)),
        metadata={
            "dagster/column_schema": dg.TableSchema([_column(c) for c in dataset.columns]),
            _origin(source): source.report_type,
            "row key": ", ".join(dataset.row_key) or "none: line number",
            "source of facts": source.source,
        },
    )


def _origin(source: Source) -> str:
    """What Amazon calls the thing whose name follows."""
    if isinstance(source, ApiSource):
        return "notification type" if source.notification else "operation"
    return "report type"


def _column(column: Column) -> dg.TableColumn:
    unit = f" Unit: {column.unit}." if column.unit else ""
    pii = " Personal data: dropped unless the deployment names it." if column.pii else ""
    return dg.TableColumn(
        column.name,
        str(column.type),
        description=f"{column.description}{unit}{pii}",
        constraints=dg.TableColumnConstraints(nullable=not column.required),
    )


def raw_checks(dataset: Dataset) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec("contract", asset=raw_key(dataset), description="Amazon's columns are those of the registry."),
        dg.AssetCheckSpec("quarantine", asset=raw_key(dataset), description="Every line fitted its columns' types."),
    ]


def untaken_specs(registry: Registry, settings: Settings) -> Iterator[dg.AssetSpec]:
    """Tables that dbt models read although no account takes them: they are there, and empty until one does."""
    for source in registry.sources.values():
        if is_modelled(source, registry) and not settings.partition_keys(source):
            for dataset in source.datasets:
                spec = raw_spec(source, dataset)
                yield spec.replace_attributes(description=f"Empty: no account takes `{source.name}`. {spec.description}")


def as_metadata(facts: dict[str, Any]) -> dict[str, Any]:
    """Plain facts as Dagster metadata: lists of records become tables, addresses become paths."""
    found: dict[str, Any] = {}
    for name, value in facts.items():
        if value is None:
            continue
        if isinstance(value, list) and value and isinstance(value[0], dict):
            found[name] = dg.MetadataValue.table(
                [dg.TableRecord({k: _cell(v) for k, v in row.items()}) for row in value],
                schema=dg.TableSchema([dg.TableColumn(k) for k in value[0]]),
            )
        elif name == "uri":
            found[name] = dg.MetadataValue.path(str(value))
        elif isinstance(value, (int, float, str, bool, dict)):
            found[name] = value
        else:
            found[name] = str(value)
    return found


def _cell(value: Any) -> Any:
    return value if isinstance(value, (int, float, bool)) or value is None else str(value)
