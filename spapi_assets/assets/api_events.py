"""What Dagster is told of an API that was read: materializations, checks, and one failure that names everything that is missing.
The reading itself is `apis.py`; what a partition holds is known to the ledger, not to the run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from spapi_assets.assets.specs import as_metadata, raw_key
from spapi_assets.datasets.model import ApiSource, Dataset
from spapi_assets.lake.layout import Partition
from spapi_assets.partitions import key_of

if TYPE_CHECKING:
    from spapi_assets.aws.ledger_records import PartitionFacts
    from spapi_assets.ingest.context import IngestContext
    from spapi_assets.ingest.documents.context import LoadResult
    from spapi_assets.ingest.reading.outcome import ReadOutcome

# Of a run: read only the identifiers that are marked as changed, into an object of their own.
CHANGES_TAG = "spapi/changes"
# Of a run that a schedule or sensor started: nobody waits for it, so days that cannot be there yet are no failure.
SCHEDULED_TAG = "spapi/scheduled"
SAID = 5  # sentences of a failure; days alike share one

Facts = Mapping[Partition, "PartitionFacts"]


@dataclass(frozen=True)
class Unread:
    """An account key that could not be read, why, and whether another try in a minute may help (`again`)."""

    account_key: str
    why: str
    again: bool = False

    @property
    def sentence(self) -> str:
        return f"{self.account_key}: {self.why}"


def read_events(
    context: dg.AssetExecutionContext,
    ctx: "IngestContext",
    source: ApiSource,
    partitions: list[Partition],
    outcomes: "list[ReadOutcome]",
    unread: list[Unread],
) -> Iterator[Any]:
    """Events for the run's partitions. Raises dg.Failure, with retries only where one may help."""
    loaded = [result for outcome in outcomes for result in outcome.loaded]
    selected = [d for d in source.datasets if raw_key(d) in context.selected_asset_keys]
    reasons = {p: why for outcome in outcomes for p, why in outcome.reasons.items()}
    early = {p for outcome in outcomes for p in outcome.early}
    changes = CHANGES_TAG in context.run.tags
    held = {dataset.name: _held(ctx, dataset, partitions) for dataset in selected}
    absent = [] if changes else [p for p in partitions if any(p not in facts for facts in held.values())]
    by_itself = changes or SCHEDULED_TAG in context.run.tags
    whole = not (by_itself or absent or unread)
    for dataset in selected:
        summary = _summary(dataset, loaded, outcomes)
        if whole:
            for partition in partitions:
                metadata = as_metadata(_metadata(dataset, partition, loaded, held[dataset.name], reasons))
                context.add_asset_metadata(metadata, asset_key=raw_key(dataset), partition_key=key_of(partition))
            yield dg.MaterializeResult(asset_key=raw_key(dataset), metadata=as_metadata(summary))
        else:
            for partition in _worth_telling(context, dataset, partitions, loaded, held[dataset.name], by_itself=by_itself):
                found = summary | _metadata(dataset, partition, loaded, held[dataset.name], reasons)
                event = dg.AssetMaterialization(raw_key(dataset), partition=key_of(partition), metadata=as_metadata(found))
                context.log_event(event)
        yield from _check_results(context, dataset, loaded)
    late = [p for p in absent if not (by_itself and p in early)]
    told = {u.account_key for u in unread}
    why = [u.sentence for u in unread]
    why += sorted({reasons.get(p, "It is still being read; the next run goes on.") for p in late if p.account_key not in told})
    if why:
        said = " ".join(why[:SAID]) + (f" And {len(why) - SAID} more." if len(why) > SAID else "")
        counted = f"{len(late)} of {len(partitions)} partitions of {source.title} are not there. " if late else ""
        raise dg.Failure(description=f"{counted}{said}", allow_retries=any(u.again for u in unread))
    for sentence in sorted({reasons[p] for p in absent if p in reasons})[:SAID]:
        context.log.info(sentence)


def _held(ctx: "IngestContext", dataset: Dataset, partitions: list[Partition]) -> dict[Partition, "PartitionFacts"]:
    """The partitions whose whole reading lies in the lake. What was read of some identifiers only does not count."""
    found: dict[Partition, PartitionFacts] = {}
    wanted = set(partitions)
    first, last = min(p.day for p in partitions), max(p.day for p in partitions)
    for account_key in dict.fromkeys(p.account_key for p in partitions):
        for facts in ctx.ledger.partitions(dataset.name, account_key, first, last):
            if facts.day is not None and facts.part == "data":
                partition = Partition.of(account_key, facts.day)
                if partition in wanted:
                    found[partition] = facts
    return found


def _worth_telling(
    context: dg.AssetExecutionContext,
    dataset: Dataset,
    partitions: list[Partition],
    loaded: "list[LoadResult]",
    held: Facts,
    *,
    by_itself: bool,
) -> list[Partition]:
    """What was written now, and what Dagster does not know yet; of a run that somebody started, all that is there."""
    written = {p for result in loaded for p in result.datasets[dataset.name].partitions}
    known = set(context.instance.get_materialized_partitions(raw_key(dataset))) if by_itself else set()
    definition = context.assets_def.partitions_def
    assert definition is not None
    others = [p for p in written if p not in set(partitions) and definition.has_partition_key(key_of(p))]
    # What changed today is told under the newest day that is there, for days that are read whole end with yesterday.
    beyond = len(others) < len(written - set(partitions))
    mine = [p for p in partitions if p in written or (p in held and (beyond or key_of(p) not in known))]
    return [*mine, *sorted(others)]


def _metadata(
    dataset: Dataset, partition: Partition, loaded: "list[LoadResult]", held: Facts, reasons: Mapping[Partition, str]
) -> dict[str, Any]:
    """What a person wants to know about one partition: rows and where they lie, and why it was not read now."""
    now = [r.datasets[dataset.name].partitions[partition] for r in loaded if partition in r.datasets[dataset.name].partitions]
    if now:
        return {
            "dagster/partition_row_count": sum(written.rows for written in now),
            "uri": now[-1].uri,
            "bytes": sum(written.bytes for written in now),
            "read now": True,
        }
    facts = held.get(partition)
    if facts is None:
        return {"read now": False, "why": reasons.get(partition, "")}
    return {
        "dagster/partition_row_count": facts.rows,
        "uri": facts.uri,
        "bytes": facts.bytes,
        "reading": facts.report_id,
        "read at": f"{facts.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "read now": False,
        "why": reasons.get(partition, ""),
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
    """Of what was loaded now. Where nothing was, the last verdict stands: nothing was looked at."""
    asked = {(c.asset_key, c.name) for c in context.selected_asset_check_keys} if loaded else set()
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
