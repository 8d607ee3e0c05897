"""`raw/<dataset>`: finished documents become archived bytes and typed Parquet, one object per partition.
A thin shell: `ingest/collect.py` finds, waits for and loads the reports; here is how Dagster shows it."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from spapi_assets.assets.requests import priority_of, request_key
from spapi_assets.datasets.model import Column, Dataset, Report, WindowKind
from spapi_assets.partitions import key_of, partition_of, partitions_of
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.ingest.collect import Collected
    from spapi_assets.lake.layout import Partition

# A preview on each of hundreds of partitions would cost more than the load.
PREVIEWED_PARTITIONS = 40


def raw_key(dataset: str | Dataset) -> dg.AssetKey:
    return dg.AssetKey(["raw", dataset if isinstance(dataset, str) else dataset.name])


def raw_assets(report: Report, settings: Settings) -> dg.AssetsDefinition:
    """The raw assets of one report: all datasets that its documents feed are loaded in one pass."""

    @dg.multi_asset(
        name=f"raw_{report.name}",
        specs=[_spec(report, dataset) for dataset in report.datasets],
        check_specs=[check for dataset in report.datasets for check in _checks(dataset)],
        partitions_def=partitions_of(report, settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
        retry_policy=dg.RetryPolicy(max_retries=2, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS),
    )
    def raw(context: dg.AssetExecutionContext, platform: PlatformResource) -> Iterator[Any]:
        from spapi_assets.ingest.collect import collect

        partitions = [partition_of(key) for key in context.partition_keys]
        collected = collect(
            platform.context(),
            report,
            partitions,
            priority=priority_of(dict(context.run.tags)),
            deadline=time.monotonic() + settings.poll_seconds,
            log=context.log.info,
        )
        for sentence in collected.problems:
            context.log.warning(sentence)
        yield from _events(context, report, partitions, collected)

    return raw


def _spec(report: Report, dataset: Dataset) -> dg.AssetSpec:
    requested = report.window.kind is not WindowKind.HARVEST
    return dg.AssetSpec(
        raw_key(dataset),
        deps=[request_key(report)] if requested else [],
        description=f"{dataset.description}\n\nOne row: {dataset.grain}.",
        group_name=f"raw_{report.family}",
        kinds={"parquet", "glue"},
        owners=["team:data-platform"],
        tags={"spapi/report": report.name, "spapi/scope": str(report.scope)},
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=report.freshness_hours)),
        metadata={
            "dagster/column_schema": dg.TableSchema([_column(c) for c in dataset.columns]),
            "report type": report.report_type,
            "row key": ", ".join(dataset.row_key) or "none: line number",
            "source of facts": report.source,
        },
    )


def _column(column: Column) -> dg.TableColumn:
    unit = f" Unit: {column.unit}." if column.unit else ""
    pii = " Personal data: dropped unless the deployment names it." if column.pii else ""
    return dg.TableColumn(
        column.name,
        str(column.type),
        description=f"{column.description}{unit}{pii}",
        constraints=dg.TableColumnConstraints(nullable=not column.required),
    )


def _checks(dataset: Dataset) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec("contract", asset=raw_key(dataset), description="Amazon's columns are those of the registry."),
        dg.AssetCheckSpec("quarantine", asset=raw_key(dataset), description="Every line fitted its columns' types."),
    ]


def _events(
    context: dg.AssetExecutionContext, report: Report, partitions: "list[Partition]", collected: "Collected"
) -> Iterator[Any]:
    """Materializations for what is known, checks for what was loaded, and one failure that names all the rest."""
    selected = context.selected_asset_keys
    open_ends = [p for p in partitions if not collected.settled(p)]
    for dataset in report.datasets:
        if raw_key(dataset) not in selected:
            continue
        preview = len(partitions) <= PREVIEWED_PARTITIONS
        for partition in partitions:
            metadata = collected.metadata(dataset, partition, preview=preview)
            if open_ends and partition not in open_ends:
                context.log_event(
                    dg.AssetMaterialization(raw_key(dataset), partition=key_of(partition), metadata=_shown(metadata))
                )
            elif not open_ends:
                context.add_asset_metadata(_shown(metadata), asset_key=raw_key(dataset), partition_key=key_of(partition))
        for partition in collected.elsewhere(partitions):
            # A harvested document names its own day; it may be another one than its window hinted at.
            metadata = collected.metadata(dataset, partition, preview=preview)
            context.log_event(dg.AssetMaterialization(raw_key(dataset), partition=key_of(partition), metadata=_shown(metadata)))
        yield from _check_results(context, dataset, collected)
    if open_ends:
        sentences = sorted({collected.sentence(p) for p in open_ends})
        shown = " ".join(sentences[:5]) + (f" And {len(sentences) - 5} more." if len(sentences) > 5 else "")
        waiting = all(collected.waiting(p) for p in open_ends)
        calm = " Nothing is lost and nothing has to be run again: the sensors load them when Amazon is done." if waiting else ""
        raise dg.Failure(
            description=f"{len(open_ends)} of {len(partitions)} partitions of {report.title} are not loaded. {shown}{calm}",
            allow_retries=False,
        )
    for dataset in report.datasets:
        if raw_key(dataset) in selected:
            yield dg.MaterializeResult(asset_key=raw_key(dataset), metadata=_shown(collected.summary(dataset)))


def _check_results(context: dg.AssetExecutionContext, dataset: Dataset, collected: "Collected") -> Iterator[dg.AssetCheckResult]:
    selected = {(c.asset_key, c.name) for c in context.selected_asset_check_keys}
    for name, finding in (("contract", collected.drift(dataset)), ("quarantine", collected.quarantine(dataset))):
        if (raw_key(dataset), name) in selected:
            yield dg.AssetCheckResult(
                check_name=name,
                asset_key=raw_key(dataset),
                passed=finding.passed,
                severity=dg.AssetCheckSeverity.WARN if name == "contract" else dg.AssetCheckSeverity.ERROR,
                description=finding.sentence,
                metadata=_shown(finding.facts),
            )


def _shown(facts: dict[str, Any]) -> dict[str, Any]:
    """Plain facts as Dagster metadata: lists of records become tables, addresses become paths."""
    shown: dict[str, Any] = {}
    for name, value in facts.items():
        if value is None:
            continue
        if isinstance(value, list) and value and isinstance(value[0], dict):
            shown[name] = dg.MetadataValue.table(
                [dg.TableRecord({k: _cell(v) for k, v in row.items()}) for row in value],
                schema=dg.TableSchema([dg.TableColumn(k) for k in value[0]]),
            )
        elif name == "uri":
            shown[name] = dg.MetadataValue.path(str(value))
        elif isinstance(value, (int, float, str, bool, dict)):
            shown[name] = value
        else:
            shown[name] = str(value)
    return shown


def _cell(value: Any) -> Any:
    return value if isinstance(value, (int, float, bool)) or value is None else str(value)
