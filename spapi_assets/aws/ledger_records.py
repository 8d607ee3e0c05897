"""What the report ledger remembers: one record per request or adopted report, and the facts of each loaded partition.
Shapes, keys and their DynamoDB encoding only; the conditional writes are `ledger.py`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class ReportStatus(StrEnum):
    """Life of a request. PLANNED and CREATING are ours, the others are Amazon's `processingStatus`."""

    PLANNED = "PLANNED"  # decided and written down, waiting for quota
    CREATING = "CREATING"  # the intent is written and createReport is under way
    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FATAL = "FATAL"

    @property
    def finished(self) -> bool:
        return self in FINISHED

    @property
    def rank(self) -> int:
        """A record never moves to a lower rank, except CREATING back to PLANNED when no report was made."""
        return _RANK[self]


FINISHED = frozenset({ReportStatus.DONE, ReportStatus.CANCELLED, ReportStatus.FATAL})
_RANK = {
    ReportStatus.PLANNED: 0,
    ReportStatus.CREATING: 1,
    ReportStatus.IN_QUEUE: 2,
    ReportStatus.IN_PROGRESS: 3,
    ReportStatus.DONE: 4,
    ReportStatus.CANCELLED: 4,
    ReportStatus.FATAL: 4,
}


class Verdict(StrEnum):
    """What a request that brought no document means, after its reason was read or corroborated."""

    RETRYABLE = "retryable"  # Amazon failed inside: ask again later
    NOT_PUBLISHED = "not_published"  # the data is not there yet: ask again later
    THROTTLED = "throttled"  # asked too often (cool-down): ask again later
    AMAZON_FAULT = "amazon_fault"  # repeated failures without a usable reason: support case
    CONFIGURATION = "configuration"  # our request is wrong: never repeated unchanged
    MISSING_ROLE = "missing_role"  # the application or account may not have it: never repeated by itself
    REAUTHORIZE = "reauthorize"  # the authorization is gone; the request itself is fine
    EMPTY_SUSPECTED = "empty_suspected"
    EMPTY_CONFIRMED = "empty_confirmed"
    SUPERSEDED = "superseded"  # another report already brought these days


PERMANENT = frozenset({Verdict.CONFIGURATION, Verdict.MISSING_ROLE})
_NOT_RETRIED = PERMANENT | {Verdict.SUPERSEDED, Verdict.EMPTY_CONFIRMED}


@dataclass(frozen=True)
class ReportRecord:
    """One request of ours, or one report that others made and we adopted. Days are inclusive; instants are UTC."""

    account: str
    report: str  # registry name
    report_type: str
    marketplace: str | None  # country code, for reports by marketplace
    start: date
    end: date
    options: dict[str, str] = field(default_factory=dict)
    request_id: str = ""  # ours, deterministic: see `request_id_of`
    status: ReportStatus = ReportStatus.PLANNED
    report_id: str | None = None
    document_id: str | None = None
    reason: str | None = None
    verdict: Verdict | None = None
    attempt: int = 1  # counts requests of exactly this window
    adopted: bool = False
    priority: str = "fresh"  # "fresh" may drain the quota, "backfill" leaves the reserve
    requested_at: datetime | None = None  # when it was planned
    intent_at: datetime | None = None  # when the call of createReport was announced
    created_at: datetime | None = None  # Amazon's createdTime: the age of the data
    finished_at: datetime | None = None
    polled_at: datetime | None = None
    polls: int = 0
    retry_at: datetime | None = None  # not asked again (or not created) before
    loaded_at: datetime | None = None
    load_failures: int = 0
    archive_uri: str | None = None
    reason_uri: str | None = None  # where the reason document of a FATAL report is kept
    sha256: str | None = None
    rows: dict[str, int] = field(default_factory=dict)  # by dataset
    quarantined: int = 0
    quota: dict[str, int] = field(default_factory=dict)  # calls spent, by operation
    source: str | None = None  # what told the outcome: notification, poll, sweep
    page: int = 1  # Data Kiosk: which page of the request's answer; the first one is the request (`ledger_pages.py`)
    token: str | None = None  # the paginationToken this page is asked for with
    next_token: str | None = None  # the next page's, told when this one is finished

    def __post_init__(self) -> None:
        if not self.request_id:
            made = request_id_of(self.report, self.account_key, self.start, self.end, self.options, self.attempt)
            object.__setattr__(self, "request_id", made)

    @property
    def account_key(self) -> str:
        return self.account if self.marketplace is None else f"{self.account}.{self.marketplace}"

    @property
    def open(self) -> bool:
        """Asked or about to be asked, and no outcome yet."""
        return not self.status.finished

    @property
    def pending(self) -> bool:
        """Something will still come of it by itself: an outcome, a load, a verdict."""
        return self.open or self.ready or self.unjudged

    @property
    def ready(self) -> bool:
        """Can be loaded: a document, or a confirmed empty window that still lacks its schema-only files."""
        if self.loaded_at is not None:
            return False
        return self.status is ReportStatus.DONE or self.verdict is Verdict.EMPTY_CONFIRMED

    @property
    def unjudged(self) -> bool:
        """CANCELLED or FATAL, and nobody has found out why yet."""
        return self.status in (ReportStatus.CANCELLED, ReportStatus.FATAL) and self.verdict is None

    def covers(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __str__(self) -> str:
        days = str(self.start) if self.start == self.end else f"{self.start}..{self.end}"
        number = f" (report {self.report_id})" if self.report_id else ""
        page = f", page {self.page}" if self.page > 1 else ""
        return f"{self.report} of {self.account_key} for {days}{page}{number}"


@dataclass(frozen=True)
class PartitionFacts:
    """What lies in one Parquet object of a partition, which report it came from, and what lay there before."""

    rows: int
    report_id: str
    request_id: str
    sha256: str | None
    created_at: datetime  # when Amazon made the report: the newest wins
    loaded_at: datetime
    part: str = "data"  # the report id where several documents feed one partition (settlements)
    uri: str | None = None
    bytes: int = 0
    quarantined: int = 0
    changes: dict[str, Any] | None = None  # against the content before (`ingest.restatement.Changes.as_item`)
    versions: tuple[dict[str, Any], ...] = ()  # earlier contents, newest first, as `version()`
    day: date | None = None  # filled when read

    @property
    def age(self) -> tuple[datetime, int, str]:
        """Order of versions: when Amazon made the report, then its (growing) id."""
        return self.created_at, len(self.report_id), self.report_id

    def version(self) -> dict[str, Any]:
        """This content as an entry of the history."""
        return {
            "rows": self.rows,
            "report_id": self.report_id,
            "sha256": self.sha256,
            "created_at": stamp(self.created_at),
            "loaded_at": stamp(self.loaded_at),
            **({"changes": self.changes} if self.changes else {}),
        }

    @property
    def restated(self) -> bool:
        """An earlier load had a different number of rows or a different document."""
        return any(v.get("sha256") != self.sha256 for v in self.versions)


KEPT_VERSIONS = 30  # keeps an item far below DynamoDB's 400 KB


def options_digest(options: Mapping[str, str]) -> str:
    """Short and stable: Amazon never echoes options, so the ledger's key must hold them."""
    if not options:
        return "none"
    return hashlib.sha256(json.dumps(dict(options), sort_keys=True).encode()).hexdigest()[:8]


def request_id_of(report: str, account_key: str, start: date, end: date, options: Mapping[str, str], attempt: int) -> str:
    return f"{report}:{account_key}:{start}:{end}:{options_digest(options)}:{attempt:05d}"


def adopted_request_id(report: str, account_key: str, start: date, end: date, report_id: str) -> str:
    return f"{report}:{account_key}:{start}:{end}:adopted:{report_id}"


def request_key(request_id: str) -> dict[str, str]:
    """A request id names its item: no index is needed to find it."""
    report, account_key, rest = request_id.split(":", 2)
    return {"pk": f"REQUEST#{report}#{account_key}", "sk": rest}


def stamp(value: datetime) -> str:
    """Fixed width, UTC: compares as text in DynamoDB's conditions."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def unstamp(value: str) -> datetime:
    return datetime.fromisoformat(value)  # a hundred times faster than strptime, and every record has a handful


def index_of(record: ReportRecord) -> str | None:
    """The partition of the `by_status` index the record belongs in; records that nothing happens to any more are in none."""
    if record.ready:
        return "READY" if record.page == 1 else None  # later pages are loaded with the first one
    if record.unjudged:
        return "UNJUDGED"
    if record.status in (ReportStatus.IN_QUEUE, ReportStatus.IN_PROGRESS):
        return "OPEN"
    if record.status.finished and record.retry_at and record.loaded_at is None and record.verdict not in _NOT_RETRIED:
        return "RETRY"
    return None if record.status.finished else record.status.value


_DATETIMES = frozenset(f"{name}_at" for name in ("requested", "intent", "created", "finished", "polled", "retry", "loaded"))


def encode(record: ReportRecord) -> dict[str, Any]:
    """The item of a record. Empty attributes are left out; dates are ranges, so an item stays near 1 KB."""
    item: dict[str, Any] = dict(request_key(record.request_id))
    for f in fields(record):
        value = getattr(record, f.name)
        if value is None or (f.name == "rows" and not value) or (f.name == "page" and value == 1):
            continue
        if isinstance(value, datetime):
            value = stamp(value)
        elif isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, StrEnum):
            value = value.value
        item["end_" if f.name == "end" else f.name] = value
    index = index_of(record)
    if index:
        item["gsi_pk"] = index
        # Retries stand in the order of their times, so that those that are due are one short query.
        due = f"{stamp(record.retry_at)}#" if index == "RETRY" and record.retry_at else ""
        item["gsi_sk"] = due + record.request_id
    return item


def decode(item: Mapping[str, Any]) -> ReportRecord:
    values: dict[str, Any] = {"marketplace": None}
    for f in fields(ReportRecord):
        value = item.get("end_" if f.name == "end" else f.name)
        if value is None:
            continue
        if f.name in _DATETIMES:
            value = unstamp(value)
        elif f.name in ("start", "end"):
            value = date.fromisoformat(value)
        elif f.name in ("rows", "quota"):
            value = {k: int(v) for k, v in value.items()}
        elif isinstance(value, Decimal):
            value = int(value)
        values[f.name] = value
    values["status"] = ReportStatus(values["status"])
    if "verdict" in values:
        values["verdict"] = Verdict(values["verdict"])
    return ReportRecord(**values)


def encode_facts(dataset: str, account_key: str, day: date, facts: PartitionFacts) -> dict[str, Any]:
    item = {
        "pk": f"PARTITION#{dataset}#{account_key}",
        "sk": f"{day}#{facts.part}",
        **facts.version(),
        "request_id": facts.request_id,
        "uri": facts.uri,
        "bytes": facts.bytes,
        "quarantined": facts.quarantined,
        "versions": list(facts.versions),
    }
    return {k: v for k, v in item.items() if v is not None}


def decode_facts(item: Mapping[str, Any]) -> PartitionFacts:
    day, _, part = item["sk"].partition("#")
    return PartitionFacts(
        rows=int(item["rows"]),
        report_id=item["report_id"],
        request_id=item["request_id"],
        sha256=item.get("sha256"),
        created_at=unstamp(item["created_at"]),
        loaded_at=unstamp(item["loaded_at"]),
        part=part,
        uri=item.get("uri"),
        bytes=int(item.get("bytes", 0)),
        quarantined=int(item.get("quarantined", 0)),
        changes=_plain(item.get("changes")),
        versions=tuple(_plain(v) for v in item.get("versions", ())),
        day=date.fromisoformat(day),
    )


def _plain(value: Any) -> Any:
    """DynamoDB's numbers as the integers they were."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def with_history(new: PartitionFacts, old: PartitionFacts | None) -> PartitionFacts:
    """The new content, remembering the old one; loading the same report again adds nothing."""
    if old is None:
        return new
    if old.report_id == new.report_id and old.sha256 == new.sha256:
        return replace(new, versions=old.versions, changes=old.changes)
    return replace(new, versions=(old.version(), *old.versions)[:KEPT_VERSIONS])
