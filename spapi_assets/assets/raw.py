"""`raw/<dataset>`: finished documents become archived bytes and typed Parquet, one object per partition.
A thin shell: `ingest/collect.py` finds, waits for and loads the reports; here is how Dagster shows it."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from spapi_assets.assets.requests import priority_of, request_key
from spapi_assets.assets.specs import as_metadata, raw_checks, raw_key, raw_spec
from spapi_assets.datasets.model import Dataset, Report, WindowKind
from spapi_assets.partitions import key_of, partition_of, partitions_of
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.ingest.collect import Collected
    from spapi_assets.lake.layout import Partition

# A preview on each of hundreds of partitions would cost more than the load.
PREVIEWED_PARTITIONS = 40


def raw_assets(report: Report, settings: Settings) -> dg.AssetsDefinition:
    """The raw assets of one report: all datasets that its documents feed are loaded in one pass."""

    deps = [request_key(report)] if report.window.kind is not WindowKind.HARVEST else []

    @dg.multi_asset(
        name=f"raw_{report.name}",
        specs=[raw_spec(report, dataset, deps) for dataset in report.datasets],
        check_specs=[check for dataset in report.datasets for check in raw_checks(dataset)],
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
                    dg.AssetMaterialization(raw_key(dataset), partition=key_of(partition), metadata=as_metadata(metadata))
                )
            elif not open_ends:
                context.add_asset_metadata(as_metadata(metadata), asset_key=raw_key(dataset), partition_key=key_of(partition))
        for partition in collected.elsewhere(partitions):
            # A harvested document names its own day; it may be another one than its window hinted at.
            metadata = as_metadata(collected.metadata(dataset, partition, preview=preview))
            context.log_event(dg.AssetMaterialization(raw_key(dataset), partition=key_of(partition), metadata=metadata))
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
            yield dg.MaterializeResult(asset_key=raw_key(dataset), metadata=as_metadata(collected.summary(dataset)))


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
                metadata=as_metadata(finding.facts),
            )
