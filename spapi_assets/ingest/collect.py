"""Brings a set of partitions to what Amazon can tell about them now: asks, waits a bounded time, loads, and says what is known.
The work is done by requesting, outcomes and load; here is the loop a materialization runs, and its answer for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord
from spapi_assets.datasets.model import Dataset, Report, WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.creating import RequestOutcome
from spapi_assets.ingest.data_kiosk.pages import follow_pages
from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.identifiers import fan
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.outcomes import judge
from spapi_assets.ingest.requesting import ask, create_planned
from spapi_assets.ingest.restatement_words import changes_in_words
from spapi_assets.ingest.sweep import poll
from spapi_assets.ingest.truth import Truth, TruthState, truth
from spapi_assets.ingest.upkeep import kept_up_from
from spapi_assets.ingest.windows import today
from spapi_assets.lake.layout import Partition
from spapi_assets.spapi.errors import SpApiError, Throttled

KNOWN = frozenset({TruthState.PROVISIONAL, TruthState.FINAL, TruthState.EMPTY_CONFIRMED})
POLL_SECONDS = 2.0
ASK_SECONDS = 60.0
LONGEST_POLL_SECONDS = 20.0


@dataclass(frozen=True)
class Finding:
    """The verdict of a check over the loads of one run."""

    passed: bool
    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Collected:
    """What is known about every partition after a collection, and what was loaded in it."""

    report: Report
    today_by_key: dict[str, Any]
    truths: dict[tuple[str, Partition], Truth] = field(default_factory=dict)
    facts: dict[tuple[str, Partition], list[PartitionFacts]] = field(default_factory=dict)
    records: dict[str, ReportRecord] = field(default_factory=dict)  # by report id
    loads: dict[str, LoadResult] = field(default_factory=dict)  # by report id, of this collection
    problems: list[str] = field(default_factory=list)

    def settled(self, partition: Partition) -> bool:
        """The partition can be shown as materialized: loaded, certainly empty, or looked at (settlements)."""
        return all(self._settled(self.truths[d.name, partition], partition) for d in self.report.datasets)

    def _settled(self, found: Truth, partition: Partition) -> bool:
        if found.state in KNOWN:
            return True
        # Amazon makes no settlement on most days: having looked is all that can be done.
        harvest = self.report.window.kind is WindowKind.HARVEST
        return harvest and found.state is TruthState.NOT_DUE and partition.day <= self.today_by_key[partition.account_key]

    def waiting(self, partition: Partition) -> bool:
        """Asked for, and only time is missing: the sensors finish it."""
        states = {self.truths[d.name, partition].state for d in self.report.datasets}
        return states <= KNOWN | {TruthState.REQUESTED, TruthState.THROTTLED}

    def sentence(self, partition: Partition) -> str:
        """Why a partition is not settled and what happens next."""
        found = next(t for d in self.report.datasets if not self._settled(t := self.truths[d.name, partition], partition))
        return f"{partition.account_key}: {found.state}. {found.reason} {found.next_action}"

    def elsewhere(self, partitions: Sequence[Partition]) -> list[Partition]:
        """Partitions that this collection's documents filled beside those asked for."""
        filled = {p for load in self.loads.values() for d in load.datasets.values() for p in d.partitions}
        return sorted(filled - set(partitions))

    def metadata(self, dataset: Dataset, partition: Partition, *, preview: bool) -> dict[str, Any]:
        """What a person wants to read about one partition."""
        facts = self.facts.get((dataset.name, partition), [])
        found = self.truths.get((dataset.name, partition))
        shown: dict[str, Any] = {"dagster/partition_row_count": sum(f.rows for f in facts)}
        if found is not None:
            shown |= {"truth state": str(found.state), "why": found.reason, "next": found.next_action}
        if not facts:
            return shown
        newest = max(facts, key=lambda f: f.created_at)
        shown |= {"uri": newest.uri, "bytes": sum(f.bytes for f in facts), "report id": ", ".join(f.report_id for f in facts)}
        if newest.restated:
            before = newest.versions[0]
            told = changes_in_words(newest.changes) if newest.changes else f"{before['rows']} rows before, {newest.rows} now"
            shown["restated"] = f"{told} (before: report {before['report_id']})"
            shown["versions"] = 1 + len(newest.versions)
        record = self.records.get(newest.report_id)
        if record is not None:
            shown["window"] = f"{record.start} to {record.end}"
            shown["quota spent"] = ", ".join(f"{name} {n}" for name, n in sorted(record.quota.items())) or "none: adopted"
        load = self.loads.get(newest.report_id)
        if load is not None:
            shown |= decisions_in_words(load)
            rows = load.datasets[dataset.name].preview() if dataset.name in load.datasets else []
            if preview and rows:
                shown["preview (of the document, without personal data)"] = rows[:10]
        return shown

    def summary(self, dataset: Dataset) -> dict[str, Any]:
        """The run's totals of one dataset."""
        mine = [load.datasets[dataset.name] for load in self.loads.values() if dataset.name in load.datasets]
        return {
            "run: documents loaded": len(mine),
            "run: rows loaded": sum(d.rows_out for d in mine),
            "run: rows quarantined": sum(d.quarantined for d in mine),
            "run: rows in = rows out + quarantined": all(d.rows_in == d.rows_out + d.quarantined for d in mine),
        }

    def drift(self, dataset: Dataset) -> Finding:
        """Columns Amazon sent that the registry does not know, and the other way round."""
        unknown: dict[str, str] = {}
        missing: set[str] = set()
        for report_id, load in self.loads.items():
            mine = load.datasets.get(dataset.name)
            if mine is not None and mine.rows_in:
                unknown |= dict.fromkeys(mine.unknown_columns, report_id)
                missing |= set(mine.missing_columns)
        required = sorted(missing & {c.name for c in dataset.columns if c.required})
        if not unknown and not required:
            absent = f" Not sent this time: {', '.join(sorted(missing))}." if missing else ""
            return Finding(True, f"{len(self.loads)} documents match the registry.{absent}")
        parts = []
        if unknown:
            parts.append(
                f"Unknown columns are kept as text: {', '.join(sorted(unknown))}. Add them to the dataset's YAML and replay."
            )
        if required:
            parts.append(f"Required columns are missing: {', '.join(required)}. Compare the archived document with the YAML.")
        return Finding(False, " ".join(parts), {"first seen in report": ", ".join(sorted(set(unknown.values())))})

    def quarantine(self, dataset: Dataset) -> Finding:
        """Lines that did not fit and where they lie."""
        held = {i: load.datasets[dataset.name] for i, load in self.loads.items() if dataset.name in load.datasets}
        wrong = {i: d for i, d in held.items() if d.quarantined}
        if not wrong:
            return Finding(True, f"All {sum(d.rows_in for d in held.values())} lines of {len(held)} documents fitted.")
        first, lines = next(iter(wrong.values())), sum(d.quarantined for d in wrong.values())
        return Finding(
            False,
            f"{lines} lines of {len(wrong)} documents are in quarantine; the rest is loaded. "
            f"Look at {first.quarantine_uri}, correct the dataset's YAML and replay.",
            {"reports": ", ".join(wrong), "lines quarantined": lines},
        )


def decisions_in_words(load: LoadResult) -> dict[str, str]:
    """Charset, compression, dialect, locale and header decisions of a document, one line each."""
    words = {}
    for name in ("charset", "compression", "dialect", "locale", "headers"):
        decision = load.decisions.get(name)
        if decision:
            facts = decision if isinstance(decision, dict) else {"": decision}
            words[name] = ", ".join(f"{k}: {v}" if k else str(v) for k, v in facts.items() if v not in (None, "", [], {}))[:400]
    return words


def collect(
    ctx: IngestContext,
    report: Report,
    partitions: Sequence[Partition],
    *,
    priority: str | None = None,
    deadline: float,
    log: Callable[[str], Any] = lambda sentence: None,
) -> Collected:
    """Load what is finished; ask for what nobody asked for; wait for the rest until `deadline` (of `ctx.monotonic`).

    Never raises for a single report: what could not be had is in `problems` and in the truth of its partitions.
    """
    days = {key: today(report, Partition.of(key, partitions[0].day).marketplace, ctx.now()) for key in _by_key(partitions)}
    collected = Collected(report, days)
    asked, tried, wait = False, set[str](), POLL_SECONDS
    while True:
        for record in _records(ctx, report, partitions):
            if record.ready and record.request_id not in tried:
                tried.add(record.request_id)
                _load(ctx, record, collected, deadline, log)
        if not asked:
            asked = True
            _ask(ctx, report, partitions, priority, deadline, collected, log)
            continue
        found = _records(ctx, report, partitions)
        pending = [r for r in found if r.open and r.report_id]
        left = deadline - ctx.monotonic()
        if left <= 0 or not (pending or any(r.ready and r.request_id not in tried for r in found)):
            break
        if pending:
            log(f"Waiting for {len(pending)} reports ({pending[0].report_id} {pending[0].status}); at most {left:.0f} s more.")
            ctx.sleep(min(wait, max(0.1, left)))
            wait = min(wait * 1.5, LONGEST_POLL_SECONDS)
            _poll(ctx, pending, collected)
            if report.query is not None:
                _next_pages(ctx, report, deadline, collected, log)
    _tell(ctx, report, partitions, collected)
    return collected


def _ask(
    ctx: IngestContext,
    report: Report,
    partitions: Sequence[Partition],
    priority: str | None,
    deadline: float,
    collected: Collected,
    log: Callable[[str], Any],
) -> None:
    if report.window.kind is WindowKind.HARVEST:
        return
    outcome = ask(ctx, report, partitions, priority=priority, deadline=min(deadline, ctx.monotonic() + ASK_SECONDS))
    collected.problems += outcome.problems
    for record in outcome.created:
        log(f"Asked Amazon: {record}")


def _next_pages(ctx: IngestContext, report: Report, deadline: float, collected: Collected, log: Callable[[str], Any]) -> None:
    """Ask for the next pages of what has more. The sweep would too, but this run waits for them."""
    outcome = RequestOutcome()
    create_planned(ctx, follow_pages(ctx, [report.name]), min(deadline, ctx.monotonic() + ASK_SECONDS), outcome)
    collected.problems += outcome.problems
    for record in outcome.created:
        log(f"Asked Amazon: {record}")


def _by_key(partitions: Sequence[Partition]) -> dict[str, list[Partition]]:
    grouped: dict[str, list[Partition]] = defaultdict(list)
    for partition in sorted(partitions):
        grouped[partition.account_key].append(partition)
    return grouped


def _records(ctx: IngestContext, report: Report, partitions: Sequence[Partition]) -> list[ReportRecord]:
    """Requests whose window touches one of the partitions; of a settlement, those that end on one."""
    found = []
    for key, days in _by_key(partitions).items():
        wanted = {p.day for p in days}
        for record in ctx.ledger.records(report.name, key, days[0].day, days[-1].day):
            harvest = report.window.kind is WindowKind.HARVEST
            if record.end in wanted if harvest else any(record.covers(day) for day in wanted):
                found.append(record)
    return found


def _load(ctx: IngestContext, record: ReportRecord, collected: Collected, deadline: float, log: Callable[[str], Any]) -> None:
    try:
        result = load_report(ctx, record, max_wait=max(1.0, deadline - ctx.monotonic()))
    except Throttled as error:
        collected.problems.append(f"{record}: not loaded in this run, the quota of documents is spent. {error}")
    except (SpApiError, DocumentError) as error:
        collected.problems.append(f"{record}: {error}")
    else:
        if result is not None:
            collected.loads[result.report_id] = result
            log(f"Loaded {record}: {sum(result.rows.values())} rows, {result.compressed_bytes} bytes.")


def _poll(ctx: IngestContext, pending: Sequence[ReportRecord], collected: Collected) -> None:
    for record in pending:
        try:
            told = poll(ctx, record)
            if told is not None and told.unjudged:
                judge(ctx, told)
        except Throttled:
            continue  # the next round asks again
        except SpApiError as error:
            collected.problems.append(f"{record}: {error}")


def _tell(ctx: IngestContext, report: Report, partitions: Sequence[Partition], collected: Collected) -> None:
    """Truth and facts of every partition asked for or filled, three queries per dataset and account."""
    now = ctx.now()
    for key, days in _by_key([*partitions, *collected.elsewhere(partitions)]).items():
        first, last = days[0].day, days[-1].day
        known = ctx.ledger.records(report.name, key, min(first, date.fromisoformat(ctx.settings.first_date)), last)
        since, records, split = kept_up_from(report, known), [r for r in known if r.end >= first], fan(ctx, report, key)
        collected.records |= {r.report_id: r for r in records if r.report_id}
        for dataset in report.datasets:
            by_day: dict[Any, list[PartitionFacts]] = defaultdict(list)
            for fact in ctx.ledger.partitions(dataset.name, key, first, last):
                by_day[fact.day].append(fact)
            for partition in days:
                facts = by_day[partition.day]
                collected.facts[dataset.name, partition] = facts
                collected.truths[dataset.name, partition] = truth(
                    report, dataset.name, partition, records, facts, now, since, split
                )
