"""Replays the archive for a whole deployment: Parquet, Glue partitions and ledger facts, without one API call.
Which documents decide a partition is `replay.py`, writing one is `load.py`, a lost ledger's requests come from `rebuild.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus, Verdict
from spapi_assets.ingest.archive import ArchivedDocument, archived_documents
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.load import load_again
from spapi_assets.ingest.rebuild import record_of
from spapi_assets.ingest.replay import needed


@dataclass(frozen=True)
class Step:
    """One thing to replay: an archived document, or a window that Amazon confirmed to be empty (`archived` None)."""

    record: ReportRecord
    archived: ArchivedDocument | None

    def __str__(self) -> str:
        return str(self.record) if self.archived else f"{self.record}, confirmed empty"


@dataclass(frozen=True)
class Replayed:
    """What became of a step: its result, or the sentence that says why it could not be replayed."""

    step: Step
    result: LoadResult | None
    problem: str | None = None


@dataclass(frozen=True)
class ReplayPlan:
    """`steps` oldest first. `replaced`: documents whose every day newer ones decide. `retried`: steps whose document was
    refused when it came; today's registry or parser may understand it."""

    steps: list[Step]
    replaced: int
    retried: int
    unknown: dict[str, int]  # documents of reports that the registry no longer has


def plan_replay(ctx: IngestContext, reports: Collection[str], accounts: Collection[str]) -> ReplayPlan:
    """What a replay of these reports and accounts would load. Reads the lake and the ledger, changes nothing."""
    found = [d for d in archived_documents(ctx.lake) if d.account in accounts]
    unknown: dict[str, int] = {}
    for document in found:
        if document.report_name not in ctx.registry.sources:
            unknown[document.report_name] = unknown.get(document.report_name, 0) + 1
    found = sorted((d for d in found if d.report_name in reports), key=lambda d: (d.report_name, d.account, d.created))
    steps = []
    for (name, _), group in groupby(found, key=lambda d: (d.report_name, d.account)):
        report, documents = ctx.registry.sources[name], list(group)
        records = {d.folder: _record(ctx, d) for d in documents}
        # A report of others may not replace what was final: it never makes an older document superfluous.
        ours = [d for d in documents if not records[d.folder].adopted]
        kept = {d.folder for d in needed(report, ours)}
        steps += [Step(records[d.folder], d) for d in documents if records[d.folder].adopted or d.folder in kept]
    replaced = len(found) - len(steps)
    retried = sum(step.archived is not None and step.archived.status == "rejected" for step in steps)
    steps += [Step(record, None) for record in _confirmed_empty(ctx, reports, accounts)]
    return ReplayPlan(steps, replaced, retried, unknown)


def _record(ctx: IngestContext, document: ArchivedDocument) -> ReportRecord:
    """The ledger's record of a document, or the one its manifest remembers."""
    known = ctx.ledger.by_report_id(document.account, document.manifest["report_id"])
    return known or record_of(document, ctx.registry.sources[document.report_name])


def _confirmed_empty(ctx: IngestContext, reports: Collection[str], accounts: Collection[str]) -> Iterator[ReportRecord]:
    first, last = date.fromisoformat(ctx.settings.first_date), ctx.now().date()
    for name in reports:
        for key in ctx.settings.partition_keys(ctx.registry.sources[name]):
            if key.partition(".")[0] in accounts:
                for record in ctx.ledger.records(name, key, first, last):
                    # A query without data is DONE and has no document: it was loaded from nothing.
                    without = record.status is ReportStatus.DONE and record.archive_uri == ""
                    if (record.verdict is Verdict.EMPTY_CONFIRMED or without) and record.loaded_at is not None:
                        yield record


def replay_all(ctx: IngestContext, plan: ReplayPlan) -> Iterator[Replayed]:
    """Carry a plan out. A document that cannot be read is a problem of its own; the others go on. Safe to repeat."""
    for step in plan.steps:
        if step.archived is not None:
            ctx.ledger.restore(step.record)  # only if the ledger has lost it; all before any, as pages are one request together
    for step in plan.steps:
        try:
            yield Replayed(step, load_again(ctx, step.record, step.archived))
        except (DocumentError, FileNotFoundError) as error:
            yield Replayed(step, None, f"{step}: {error}")
