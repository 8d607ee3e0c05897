"""`raw/<dataset>` of an API: its pages become archived bytes and typed Parquet, one object per partition, within the quota.
A thin shell: `ingest/reading/run.py` decides what has to be asked and asks; here is how Dagster shows it."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from spapi_assets.assets.specs import as_metadata, raw_checks, raw_key, raw_spec
from spapi_assets.datasets.model import ApiSource, Dataset
from spapi_assets.lake.layout import Partition
from spapi_assets.partitions import key_of, partition_of, partitions_of
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.ingest.context import IngestContext
    from spapi_assets.ingest.documents.context import LoadResult
    from spapi_assets.ingest.reading.outcome import ReadOutcome

# Of a run: read only the identifiers that are marked as changed, into today's partition.
CHANGES_TAG = "spapi/changes"


class ReadConfig(dg.Config):
    """Launchpad options of a run that reads an API."""

    read_again: bool = False  # also what was read already (costs quota)


def api_assets(source: ApiSource, settings: Settings) -> dg.AssetsDefinition:
    """The raw assets of one API: all datasets that its answers feed are read in one pass."""

    @dg.multi_asset(
        name=f"raw_{source.name}",
        specs=[raw_spec(source, dataset) for dataset in source.datasets],
        check_specs=[check for dataset in source.datasets for check in raw_checks(dataset)],
        partitions_def=partitions_of(source, settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
        retry_policy=dg.RetryPolicy(max_retries=2, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS),
    )
    def raw(context: dg.AssetExecutionContext, config: ReadConfig, platform: PlatformResource) -> Iterator[Any]:
        from spapi_assets.ingest.order_reading import read_changed
        from spapi_assets.ingest.reading.run import read
        from spapi_assets.spapi.errors import ConfigurationError, MissingRole, ReauthorizationNeeded

        ctx = platform.context()
        partitions = [partition_of(key) for key in context.partition_keys]
        days: dict[str, list[date]] = defaultdict(list)
        for partition in partitions:
            days[partition.account_key].append(partition.day)
        outcomes: list[ReadOutcome] = []
        changes = CHANGES_TAG in context.run.tags
        for account_key, wanted in days.items():
            try:
                if changes:
                    outcomes.append(read_changed(ctx, source, account_key, tell=context.log.info))
                else:
                    again = config.read_again
                    outcomes.append(read(ctx, source, account_key, wanted, again=again, tell=context.log.info))
            except (MissingRole, ConfigurationError, ReauthorizationNeeded) as error:
                raise dg.Failure(description=f"{source.title} of {account_key}: {error}", allow_retries=False) from error
        for sentence in (s for outcome in outcomes for s in outcome.problems):
            context.log.warning(sentence)
        yield from _events(context, ctx, source, partitions, outcomes, changes)

    return raw


def _events(
    context: dg.AssetExecutionContext,
    ctx: "IngestContext",
    source: ApiSource,
    partitions: list[Partition],
    outcomes: "list[ReadOutcome]",
    changes: bool,
) -> Iterator[Any]:
    """Materializations of what the lake holds, checks of what was loaded now, and one failure that names all the rest."""
    loaded = [result for outcome in outcomes for result in outcome.loaded]
    reasons = {p: why for outcome in outcomes for p, why in outcome.reasons.items()}
    held = _held(ctx, source, partitions)
    absent = [] if changes else [p for p in partitions if p not in held]
    selected = [d for d in source.datasets if raw_key(d) in context.selected_asset_keys]
    for dataset in selected:
        for partition in partitions:
            if partition in absent:
                continue
            metadata = as_metadata(_metadata(dataset, partition, loaded, reasons))
            if absent:
                context.log_event(dg.AssetMaterialization(raw_key(dataset), partition=key_of(partition), metadata=metadata))
            else:
                context.add_asset_metadata(metadata, asset_key=raw_key(dataset), partition_key=key_of(partition))
        yield from _check_results(context, dataset, loaded)
    if absent:
        why = sorted({reasons.get(p, "It is still being read; the next run goes on.") for p in absent})
        told = " ".join(why[:5]) + (f" And {len(why) - 5} more." if len(why) > 5 else "")
        raise dg.Failure(
            description=f"{len(absent)} of {len(partitions)} partitions of {source.title} are not there. {told}",
            allow_retries=False,
        )
    for dataset in selected:
        yield dg.MaterializeResult(asset_key=raw_key(dataset), metadata=as_metadata(_summary(dataset, loaded, outcomes)))


def _held(ctx: "IngestContext", source: ApiSource, partitions: list[Partition]) -> set[Partition]:
    """The partitions that lie in the lake, by their facts."""
    found: set[Partition] = set()
    first, last = min(p.day for p in partitions), max(p.day for p in partitions)
    for account_key in {p.account_key for p in partitions}:
        for facts in ctx.ledger.partitions(source.datasets[0].name, account_key, first, last):
            if facts.day is not None:
                found.add(Partition.of(account_key, facts.day))
    return found


def _metadata(
    dataset: Dataset, partition: Partition, loaded: "list[LoadResult]", reasons: dict[Partition, str]
) -> dict[str, Any]:
    """What a person wants to know about one partition: rows and where they lie, or why it was not read now."""
    now = [r.datasets[dataset.name].partitions[partition] for r in loaded if partition in r.datasets[dataset.name].partitions]
    if not now:
        return {"read": False, "why": reasons.get(partition, "")}
    return {
        "dagster/row_count": sum(written.rows for written in now),
        "uri": now[-1].uri,
        "bytes": sum(written.bytes for written in now),
    }


def _summary(dataset: Dataset, loaded: "list[LoadResult]", outcomes: "list[ReadOutcome]") -> dict[str, Any]:
    loads = [r.datasets[dataset.name] for r in loaded]
    return {
        "rows": sum(load.rows_out for load in loads),
        "quarantined": sum(load.quarantined for load in loads),
        "calls": sum(o.calls for o in outcomes),
        "identifiers asked for": sum(o.identifiers for o in outcomes),
        "identifiers Amazon does not know": sum(o.missing for o in outcomes),
        "readings": ", ".join(r.report_id for r in loaded) or "none: everything was there",
        "plan": " ".join(note for o in outcomes for note in o.notes) or None,
        "preview": loads[-1].preview() if loads else None,
    }


def _check_results(
    context: dg.AssetExecutionContext, dataset: Dataset, loaded: "list[LoadResult]"
) -> Iterator[dg.AssetCheckResult]:
    asked = {(c.asset_key, c.name) for c in context.selected_asset_check_keys}
    loads = [r.datasets[dataset.name] for r in loaded]
    unknown = sorted({column for load in loads for column in load.unknown_columns})
    quarantined = sum(load.quarantined for load in loads)
    if (raw_key(dataset), "contract") in asked:
        yield dg.AssetCheckResult(
            check_name="contract",
            asset_key=raw_key(dataset),
            passed=not unknown,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"Amazon sent fields the registry does not know, kept as text: {', '.join(unknown)}."
            if unknown
            else "Amazon's fields are those of the registry.",
        )
    if (raw_key(dataset), "quarantine") in asked:
        uris = [load.quarantine_uri for load in loads if load.quarantine_uri]
        yield dg.AssetCheckResult(
            check_name="quarantine",
            asset_key=raw_key(dataset),
            passed=not quarantined,
            severity=dg.AssetCheckSeverity.ERROR,
            description=f"{quarantined} rows did not fit their columns' types; they lie in {', '.join(uris)}."
            if quarantined
            else "Every row fitted its columns' types.",
        )
