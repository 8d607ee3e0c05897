"""The report ledger in one DynamoDB table: every transition of a request is one conditional write, safe to repeat.
No decision is made here (what to ask, what a reason means); those are pure functions in `ingest/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from spapi_assets.aws.ledger_pages import complete, next_page, told_whole
from spapi_assets.aws.ledger_records import (
    PartitionFacts,
    ReportRecord,
    ReportStatus,
    Verdict,
    adopted_request_id,
    decode,
    decode_facts,
    encode,
    encode_facts,
    index_of,
    request_key,
    stamp,
    unstamp,
    with_history,
)
from spapi_assets.aws.table import Table

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients

__all__ = ["Ledger", "LedgerError", "PartitionFacts", "ReportRecord", "ReportStatus", "Verdict"]

LONGEST_WINDOW = timedelta(days=400)  # how far before a day a window that covers it may start
_PER_TRANSACTION = 49  # DynamoDB allows 100 actions; a planned record may need two, the version needs one


class LedgerError(RuntimeError):
    """The ledger holds something that should not be possible; the message says which request and what to look at."""


class ReportOutcome(Protocol):
    """The part of `spapi.reports.ReportInfo` an outcome needs."""

    @property
    def report_id(self) -> str: ...
    @property
    def status(self) -> Any: ...
    @property
    def document_id(self) -> str | None: ...


class DayOfAccount(Protocol):
    @property
    def account_key(self) -> str: ...
    @property
    def day(self) -> date: ...


Day = TypeVar("Day", bound=DayOfAccount)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The platform's durable memory of requests and loaded partitions. Every method may be repeated after a crash."""

    def __init__(self, clients: AwsClients, table: str, now: Callable[[], datetime] = _utc_now) -> None:
        self.table = Table(clients, table)
        self.now = now

    # --- planning -----------------------------------------------------------------------------------------------------
    def version(self, report: str, account_key: str) -> int:
        """Grows with every planned request of this report and account; read it before `records` and hand it to `plan`."""
        head = self.table.get({"pk": f"REQUEST#{report}#{account_key}", "sk": "!head"})
        return int(head["version"]) if head else 0

    def plan(self, *records: ReportRecord, seen: int | None = None) -> bool:
        """Write PLANNED requests of one report and account, all or none per 49. False: somebody else planned first.

        The requests of one window (a fan-out) are written together where 49 hold them: a partition that is half planned would
        look as if the other half were not wanted.
        With `seen` (from `version`) nothing is written when another process planned anything since: two plans with different
        windows can never ask for the same day twice. Without it only an equal window is protected.
        """
        for part in _portions(records):
            if not self._plan(part, seen):
                return False
            seen = None if seen is None else seen + 1
        return True

    def _plan(self, records: Sequence[ReportRecord], seen: int | None) -> bool:
        actions = []
        for record in records:
            planned = replace(record, status=ReportStatus.PLANNED, requested_at=record.requested_at or self.now())
            actions.append(self.table.put_action(encode(planned), "attribute_not_exists(pk)"))
            if record.attempt > 1:  # the request before this one of the same window must be over
                before = request_key(record.request_id)
                before["sk"] = f"{before['sk'].rpartition(':')[0]}:{record.attempt - 1:05d}"
                actions.append(
                    self.table.check_action(before, "#status IN (:d, :c, :f)", {":d": "DONE", ":c": "CANCELLED", ":f": "FATAL"})
                )
        key = {"pk": f"REQUEST#{records[0].report}#{records[0].account_key}", "sk": "!head"}
        current = self.version(records[0].report, records[0].account_key) if seen is None else seen
        condition = "version = :seen" if current else "attribute_not_exists(pk)"
        actions.append(self.table.put_action({**key, "version": current + 1}, condition, {":seen": current} if current else None))
        return self.table.transact(actions)

    def plan_page(self, last: ReportRecord) -> ReportRecord | None:
        """Write the request of the page after this finished one. None: it is planned already; no page is planned twice."""
        planned = next_page(last, self.now())
        return planned if self._write(planned, "attribute_not_exists(pk)", None) else None

    # --- the life of a request ----------------------------------------------------------------------------------------
    def creating(self, record: ReportRecord) -> ReportRecord | None:
        """Announce the call of createReport. None: another process has this request, or it is no longer PLANNED."""
        now = self.now()
        announced = replace(record, status=ReportStatus.CREATING, intent_at=now, retry_at=None)
        return announced if self._write(announced, "#status = :planned", {":planned": "PLANNED"}) else None

    def replan(self, record: ReportRecord, reason: str, retry_at: datetime | None = None, verdict: Verdict | None = None) -> bool:
        """No report was made for this intent: back to PLANNED, not before `retry_at`. False: it was resolved meanwhile."""
        assert record.intent_at is not None
        planned = replace(record, status=ReportStatus.PLANNED, intent_at=None, reason=reason, retry_at=retry_at, verdict=verdict)
        return self._write(
            planned, "#status = :creating AND intent_at = :intent", {":creating": "CREATING", ":intent": stamp(record.intent_at)}
        )

    def created(
        self,
        record: ReportRecord,
        report_id: str,
        created_at: datetime | None = None,
        *,
        spent: bool = True,
        operation: str = "createReport",
    ) -> ReportRecord:
        """The call (`operation`) answered, or the intent's report was found: the request now has Amazon's id, for ever.

        `spent=False`: the report was made by others, no call of ours brought it.
        """
        quota = {**record.quota, operation: record.quota.get(operation, 0) + 1} if spent else record.quota
        made = replace(
            record,
            status=ReportStatus.IN_QUEUE,
            report_id=report_id,
            created_at=created_at or record.created_at or self.now(),
            reason=None,
            verdict=None,
            retry_at=None,
            quota=quota,
        )
        unbound = "#status IN (:creating, :planned) AND attribute_not_exists(report_id)"
        current = self.get(record.request_id)
        if current is not None and current.report_id in (None, report_id):
            if self._point(made) and self._write(made, unbound, {":creating": "CREATING", ":planned": "PLANNED"}):
                return made
            owner = self.by_report_id(record.account, report_id)
            if owner is not None and owner.report_id == report_id:
                return owner
            current = self.get(record.request_id)
        raise LedgerError(
            f"Report {report_id} was created for {record}, but that request is "
            f"{current.status if current else 'gone'} with report {current.report_id if current else None}. "
            "Two processes asked for the same window; the newer document will win, one createReport call was wasted."
        )

    def refuse(self, record: ReportRecord, verdict: Verdict, reason: str, retry_at: datetime | None = None) -> bool:
        """createReport was refused for good (role, configuration): FATAL without a report."""
        refused = replace(
            record, status=ReportStatus.FATAL, verdict=verdict, reason=reason, retry_at=retry_at, finished_at=self.now()
        )
        return self._write(refused, "#status IN (:c, :p)", {":c": "CREATING", ":p": "PLANNED"})

    def defer(self, record: ReportRecord, reason: str, until: datetime) -> bool:
        """A PLANNED request has to wait, and why."""
        return self._write(replace(record, reason=reason, retry_at=until), "#status = :planned", {":planned": "PLANNED"})

    def supersede(self, record: ReportRecord, reason: str) -> bool:
        """A PLANNED request that is no longer needed; nothing was asked."""
        over = replace(record, status=ReportStatus.CANCELLED, verdict=Verdict.SUPERSEDED, reason=reason, finished_at=self.now())
        return self._write(over, "#status = :planned", {":planned": "PLANNED"})

    def adopt(self, record: ReportRecord) -> ReportRecord:
        """Write down a report that others made. Idempotent on (account, report id); returns the record that owns the id."""
        assert record.report_id is not None
        request_id = adopted_request_id(record.report, record.account_key, record.start, record.end, record.report_id)
        adopted = replace(record, request_id=request_id, adopted=True, requested_at=record.requested_at or self.now())
        if self._point(adopted) and self._write(adopted, "attribute_not_exists(pk)", None):
            return adopted
        owner = self.by_report_id(record.account, record.report_id)
        if owner is None:
            raise LedgerError(f"{adopted} could neither be adopted nor found; look at {request_key(request_id)} in the ledger.")
        return owner

    def outcome(self, account: str, info: ReportOutcome, source: str) -> ReportRecord | None:
        """What Amazon says about a report: from a notification, a poll or a sweep, in any order, any number of times.

        A finished record stays as it is. Returns the record as it now stands, or None for a report id the ledger does not know.
        """
        told = ReportStatus(str(info.status))
        for _ in range(8):
            record = self.by_report_id(account, info.report_id)
            if record is None or record.report_id not in (None, info.report_id):
                return None
            if record.status.finished or told.rank < record.status.rank:
                return record
            now = self.now()
            moved = replace(
                record,
                status=told,
                report_id=info.report_id,  # a crash may have left the id in the pointer only
                document_id=info.document_id or record.document_id,
                next_token=getattr(info, "next_token", None),
                created_at=getattr(info, "created", None) or record.created_at,
                source=source,
                polled_at=now,
                polls=record.polls + 1,
                finished_at=(getattr(info, "processing_end", None) or now) if told.finished else None,
            )
            # Conditional on the very state that was read: another writer between the two makes this loop read again.
            if self._write(moved, "#status = :was AND polls = :polls", {":was": record.status.value, ":polls": record.polls}):
                return moved
        raise LedgerError(f"Report {info.report_id} of {account}: its ledger item is being changed all the time; try again.")

    def judged(
        self, record: ReportRecord, verdict: Verdict, reason: str, retry_at: datetime | None = None, reason_uri: str | None = None
    ) -> ReportRecord:
        """Why a CANCELLED or FATAL report brought nothing. The first verdict stands."""
        current = self._must(record)  # reading the reason has spent quota meanwhile
        changed = replace(current, verdict=verdict, reason=reason[:2000], retry_at=retry_at, reason_uri=reason_uri)
        wrote = self._write(changed, "#status IN (:c, :f) AND attribute_not_exists(verdict)", {":c": "CANCELLED", ":f": "FATAL"})
        return changed if wrote else self._must(record)

    def loaded(self, record: ReportRecord, result: Any, pages: Sequence[ReportRecord] = ()) -> ReportRecord:
        """The document's rows are in the lake and their partition facts are written: the last step of a load.

        `result` is `ingest.documents.LoadResult` (archive_uri, sha256, datasets with rows_out and quarantined). `pages`: the
        request's later pages, loaded before; the rows of all stand with the request.
        """
        now, current = self.now(), self._must(record)
        if result.sha256 and current.status is not ReportStatus.DONE:
            # Its document was refused once and fits today's registry: the days are no longer without data.
            current = replace(current, status=ReportStatus.DONE, verdict=None, retry_at=None)
        done = replace(
            current,
            loaded_at=now,
            archive_uri=result.archive_uri,
            sha256=result.sha256,
            rows={name: load.rows_out + sum(p.rows.get(name, 0) for p in pages) for name, load in result.datasets.items()},
            quarantined=sum(part.quarantined for part in (*result.datasets.values(), *pages)),
            reason=current.reason if current.verdict else None,
        )
        self._write(done, "attribute_exists(pk)", None)
        return done

    def load_failed(self, record: ReportRecord, reason: str, retry_at: datetime | None = None) -> ReportRecord:
        """The document is there but could not be loaded: stays ready, with the reason and when to try again."""
        current = self._must(record)
        failed = replace(current, reason=reason[:2000], load_failures=current.load_failures + 1, retry_at=retry_at)
        return failed if self._write(failed, "attribute_not_exists(loaded_at)", None) else self._must(record)

    def unusable(self, record: ReportRecord, verdict: Verdict, reason: str, retry_at: datetime | None) -> ReportRecord:
        """A DONE report whose document is gone or does not answer the question: as good as FATAL, so that it is asked again."""
        current = self._must(record)
        bad = replace(current, status=ReportStatus.FATAL, verdict=verdict, reason=reason[:2000], retry_at=retry_at)
        wrote = self._write(bad, "#status = :done AND attribute_not_exists(loaded_at)", {":done": "DONE"})
        return bad if wrote else self._must(record)

    def retried(self, record: ReportRecord) -> None:
        """The retry of this request was planned, or its days need none: it is no longer looked at. The record stays as it is."""
        self.table.take_off_index(request_key(record.request_id), "RETRY")

    def reopen(self, record: ReportRecord) -> ReportRecord:
        """Load a finished report again."""
        again = replace(self._must(record), loaded_at=None, load_failures=0, retry_at=None, reason=None)
        self._write(again, "attribute_exists(pk)", None)
        return again

    def spent(self, record: ReportRecord, operation: str, calls: int = 1) -> None:
        """Count calls against the request, so that a run can show what it cost."""
        self.table.add(request_key(record.request_id), "quota", operation, calls)

    def restore(self, record: ReportRecord) -> bool:
        """Write a record rebuilt from the archive, unless the ledger already has that request or report."""
        if record.report_id and not self._point(record):
            return False
        return self._write(record, "attribute_not_exists(pk)", None)

    # --- reading ------------------------------------------------------------------------------------------------------
    def get(self, request_id: str) -> ReportRecord | None:
        item = self.table.get(request_key(request_id))
        return decode(item) if item else None

    def by_report_id(self, account: str, report_id: str) -> ReportRecord | None:
        pointer = self.table.get({"pk": f"REPORT#{account}", "sk": report_id})
        return self.get(pointer["request_id"]) if pointer else None

    def records(self, report: str, account_key: str, start: date, end: date) -> list[ReportRecord]:
        """All requests of a report whose window touches these days, oldest request first. One query."""
        items = self.table.query(f"REQUEST#{report}#{account_key}", f"{start - LONGEST_WINDOW}", f"{end}~")
        found = told_whole(r for r in map(decode, items) if r.end >= start)
        return sorted(found, key=lambda r: (r.requested_at or datetime.min.replace(tzinfo=UTC), r.attempt))

    def open_records(self) -> list[ReportRecord]:
        """PLANNED, CREATING, IN_QUEUE and IN_PROGRESS requests of all accounts. Reads the index, never scans."""
        return [decode(i) for status in ("PLANNED", "CREATING", "OPEN") for i in self.table.index(status)]

    def done_not_loaded(self) -> list[ReportRecord]:
        """What can be loaded now; a request with pages only when all of them are there."""
        found = [decode(i) for i in self.table.index("READY")]
        return [r for r in found if r.next_token is None or complete(self.pages(r))]

    def unfinished_pages(self) -> list[ReportRecord]:
        """The newest page of every request whose next page was not asked for yet.

        A request whose newest page failed for good brings nothing any more (it is made anew): it is no longer looked at.
        """
        found = []
        for head in [r for r in map(decode, self.table.index("READY")) if r.next_token is not None]:
            newest = self.pages(head)[-1]
            if newest.status is ReportStatus.DONE and newest.next_token is not None:
                found.append(newest)
            elif newest.verdict is not None and newest.status.finished:
                self.table.take_off_index(request_key(head.request_id), "READY")
        return found

    def pages(self, head: ReportRecord) -> list[ReportRecord]:
        """The records of a request's pages in their order, the first one first."""
        key = request_key(head.request_id)
        return [decode(i) for i in self.table.query(key["pk"], key["sk"], f"{key['sk']}.~")]

    def retries_due(self, most: int) -> list[ReportRecord]:
        """Requests that ended without data and whose `retry_at` has passed, the longest waiting first; at most `most`."""
        return [decode(i) for i in self.table.index("RETRY", below=stamp(self.now()), most=most)]

    def unjudged(self) -> list[ReportRecord]:
        return [decode(i) for i in self.table.index("UNJUDGED")]

    # --- partition facts ----------------------------------------------------------------------------------------------
    def put_partition(self, dataset: str, partition: DayOfAccount, facts: PartitionFacts) -> bool:
        """Remember what a partition now holds. False: the ledger already knows content from a newer report."""
        for _ in range(8):
            item = self.table.get({"pk": f"PARTITION#{dataset}#{partition.account_key}", "sk": f"{partition.day}#{facts.part}"})
            old = decode_facts(item) if item else None
            if old is not None and old.age > facts.age:
                return False
            if self._put_all([self._put_facts(dataset, partition, facts, old)]):
                return True
        raise LedgerError(f"Partition {partition} of {dataset}: its facts are being changed all the time; try again.")

    def put_partitions(self, dataset: str, facts: Mapping[Day, PartitionFacts]) -> list[Day]:
        """`put_partition` for many days of one account in a few calls; returns those whose newer content stands.

        A month's document would otherwise cost two calls a day. A chunk that meets another writer is done day by day.
        """
        if not facts:
            return []
        days = sorted(facts, key=lambda p: p.day)
        known = {(f.day, f.part): f for f in self.partitions(dataset, days[0].account_key, days[0].day, days[-1].day)}
        refused: list[Day] = []
        wanted: list[tuple[Day, PartitionFacts | None]] = []
        for partition in days:
            old = known.get((partition.day, facts[partition].part))
            if old is not None and old.age > facts[partition].age:
                refused.append(partition)
            else:
                wanted.append((partition, old))
        for first in range(0, len(wanted), _PER_TRANSACTION):
            chunk = wanted[first : first + _PER_TRANSACTION]
            actions = [self._put_facts(dataset, partition, facts[partition], old) for partition, old in chunk]
            if not self._put_all(actions):
                refused += [p for p, _ in chunk if not self.put_partition(dataset, p, facts[p])]
        return refused

    def _put_all(self, actions: list[dict[str, Any]]) -> bool:
        """One write needs no transaction, which costs twice as much."""
        return self.table.do(actions[0]) if len(actions) == 1 else self.table.transact(actions)

    def _put_facts(
        self, dataset: str, partition: DayOfAccount, facts: PartitionFacts, old: PartitionFacts | None
    ) -> dict[str, Any]:
        """The write of a partition's facts, on condition that they are still what was read."""
        new = encode_facts(dataset, partition.account_key, partition.day, with_history(facts, old))
        if old is None:
            return self.table.put_action(new, "attribute_not_exists(pk)")
        seen = {":created": stamp(old.created_at), ":loaded": stamp(old.loaded_at)}
        return self.table.put_action(new, "created_at = :created AND loaded_at = :loaded", seen)

    def partitions(self, dataset: str, account_key: str, start: date, end: date) -> list[PartitionFacts]:
        """Facts of a dataset's days, in order; a day fed by several documents has several. One query."""
        return [decode_facts(i) for i in self.table.query(f"PARTITION#{dataset}#{account_key}", f"{start}", f"{end}~")]

    # --- small memories: leases and marks -----------------------------------------------------------------------------
    def lease(self, name: str, owner: str, seconds: float) -> bool:
        """Take or renew an exclusive lease. It falls free by itself when its owner dies."""
        now = self.now()
        item = {"pk": "LEASE", "sk": name, "owner_": owner, "until_": stamp(now + timedelta(seconds=seconds))}
        condition = "attribute_not_exists(pk) OR owner_ = :owner OR until_ < :now"
        return self.table.put(item, condition, {":owner": owner, ":now": stamp(now)})

    def leased_by(self, name: str) -> str | None:
        """Who holds a lease; None: nobody."""
        item = self.table.get({"pk": "LEASE", "sk": name})
        return str(item["owner_"]) if item else None

    def release(self, name: str, owner: str) -> None:
        self.table.delete({"pk": "LEASE", "sk": name}, "owner_ = :owner", {":owner": owner})

    def mark(self, name: str) -> datetime | None:
        item = self.table.get({"pk": "MARK", "sk": name})
        return unstamp(item["at"]) if item else None

    def set_mark(self, name: str, at: datetime) -> None:
        self.table.put({"pk": "MARK", "sk": name, "at": stamp(at)})

    # --- inside -------------------------------------------------------------------------------------------------------
    def _must(self, record: ReportRecord) -> ReportRecord:
        current = self.get(record.request_id)
        if current is None:
            raise LedgerError(f"The ledger has no request {record.request_id} ({record}); was the table emptied?")
        return current

    def _point(self, record: ReportRecord) -> bool:
        """Make a report id lead to its request, for ever. Written before the request itself: after a crash between the two the
        same request may be bound again, another one may not. False: the id belongs to another request."""
        item = {"pk": f"REPORT#{record.account}", "sk": record.report_id, "request_id": record.request_id}
        return self.table.put(item, "attribute_not_exists(pk) OR request_id = :mine", {":mine": record.request_id})

    def _write(self, record: ReportRecord, condition: str, values: Mapping[str, Any] | None) -> bool:
        assert index_of(record) is not None or record.status.finished
        return self.table.put(encode(record), condition, values)


def _portions(records: Sequence[ReportRecord]) -> Iterator[list[ReportRecord]]:
    """At most 49 records each, in their order, cut between windows where that is possible."""
    waiting: list[ReportRecord] = []
    for _, group in groupby(records, key=lambda r: (r.start, r.end)):
        window = list(group)
        if waiting and len(waiting) + len(window) > _PER_TRANSACTION:
            yield waiting
            waiting = []
        waiting += window
        while len(waiting) > _PER_TRANSACTION:
            yield waiting[:_PER_TRANSACTION]
            waiting = waiting[_PER_TRANSACTION:]
    if waiting:
        yield waiting
