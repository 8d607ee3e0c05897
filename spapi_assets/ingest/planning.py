"""Which requests to make for a set of days: the fewest legal windows, fresh days first, nothing asked twice.
Pure: it reads no clock and calls nobody; `requesting.py` writes the plan down and carries it out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord, options_digest
from spapi_assets.datasets.model import Report, WindowKind
from spapi_assets.ingest.fanout import Fan, Unit, fan_of, part_of
from spapi_assets.ingest.truth import Truth, TruthState, together, truths_by_unit
from spapi_assets.ingest.windows import plan_windows, today
from spapi_assets.lake.layout import Partition

Facts = Mapping[Partition, Sequence[PartitionFacts]]
# Days this young are asked for as fresh: the reserve of the quota is theirs. Older ones are back-fill.
FRESH_DAYS = 3


@dataclass(frozen=True)
class RequestPlan:
    """`create`: PLANNED records, fresh and newest first. `skipped`: why a partition is not asked for now."""

    create: list[ReportRecord] = field(default_factory=list)
    skipped: dict[Partition, str] = field(default_factory=dict)
    truths: dict[Partition, Truth] = field(default_factory=dict)


def plan_requests(
    report: Report,
    partitions: Iterable[Partition],
    records: Sequence[ReportRecord],
    facts: Facts,
    now: datetime,
    *,
    force: bool = False,
    priority: str | None = None,
    fans: Mapping[str, Fan] | None = None,
) -> RequestPlan:
    """Requests for these partitions. `records` and `facts` are what the ledger holds about them.

    `fans` by account key: the requests each partition needs, where they are several (`identifiers.fan`).

    `force` asks again for days that are final, failed or empty, never for days with an open request, nor for loaded days of a
    report whose rows move to a later day when they change: the newer report would take rows away.
    `priority` overrides fresh/backfill, which otherwise follows the age of the window.
    """
    plan = RequestPlan()
    by_key: dict[tuple[str, str | None], list[ReportRecord]] = defaultdict(list)
    for record in records:
        by_key[(record.account, record.marketplace)].append(record)
    wanted: dict[tuple[str, str | None, Unit], set[date]] = defaultdict(set)
    bridges: dict[tuple[str, str | None, Unit], set[date]] = defaultdict(set)
    for partition in sorted(set(partitions)):
        known, held = by_key[(partition.account, partition.marketplace)], facts.get(partition, ())
        fan = (fans or {}).get(partition.account_key) or fan_of(report, partition.marketplace)
        dataset = report.datasets[0].name
        needed = truths_by_unit(report, dataset, partition, known, held, now, fan=fan)
        plan.truths[partition] = together(report, needed)
        if force:
            needed = truths_by_unit(report, dataset, partition, known, held, now, fan=fan, grown=True)
        asking, refused = False, False
        for unit, found in needed:
            mine = [r for r in known if report.fan_out is None or part_of(report, r.options) == unit.part]
            rows = sum(f.rows for f in held if f.part == unit.part) if report.window.rows_move else 0
            if found.ask or (force and not rows and _may_force(report, partition, mine, found, now)):
                wanted[partition.account, partition.marketplace, unit].add(partition.day)
                asking = True
            elif found.state is TruthState.PROVISIONAL and not any(r.covers(partition.day) and r.pending for r in mine):
                bridges[partition.account, partition.marketplace, unit].add(partition.day)
            refused = refused or (force and bool(rows))
        if not asking:
            plan.skipped[partition] = _why_not(report, plan.truths[partition], held, refused)
    for (account, marketplace, unit), days in wanted.items():
        attempts = _attempts(by_key[(account, marketplace)])
        for start, end in plan_windows(report, days, bridges[account, marketplace, unit]):
            plan.create.append(
                ReportRecord(
                    account=account,
                    report=report.name,
                    report_type=report.report_type,
                    marketplace=marketplace,
                    options=dict(unit.options),
                    start=start,
                    end=end,
                    attempt=1 + attempts.get((start, end, options_digest(unit.options)), 0),
                    priority=priority or _priority(report, end, marketplace, now),
                    requested_at=now,
                )
            )
    plan.create.sort(key=lambda r: (r.priority != "fresh", -r.end.toordinal(), r.account_key))
    return plan


def _why_not(report: Report, found: Truth, held: Sequence[PartitionFacts], refused: bool) -> str:
    if not refused:
        return f"{found.reason} {found.next_action}"
    return (
        f"Force is refused: the day holds {sum(f.rows for f in held)} rows, and a report made now would lack those that have "
        "changed since, because they moved to a later day. "
        f"`spapi replay --report {report.name}` reads the day's document again."
    )


def _attempts(records: Iterable[ReportRecord]) -> dict[tuple[date, date, str], int]:
    """Requests made so far for exactly a window: the next one's number. Adopted reports were not asked for by us."""
    highest: dict[tuple[date, date, str], int] = {}
    for record in records:
        if ":adopted:" in record.request_id:
            continue
        key = (record.start, record.end, options_digest(record.options))
        highest[key] = max(highest.get(key, 0), record.attempt)
    return highest


def _may_force(report: Report, partition: Partition, records: Iterable[ReportRecord], found: Truth, now: datetime) -> bool:
    """What even force cannot do: ask for what cannot be requested, is not there, or is already under way."""
    if report.window.kind is WindowKind.HARVEST or found.state in (TruthState.NOT_DUE, TruthState.UNAVAILABLE):
        return False
    if report.window.kind is WindowKind.SNAPSHOT and partition.day != today(report, partition.marketplace, now):
        return False
    return not any(r.covers(partition.day) and (r.open or r.unjudged) for r in records)


def _priority(report: Report, end: date, marketplace: str | None, now: datetime) -> str:
    lag = -(-report.window.lag_hours // 24)
    young = today(report, marketplace, now) - timedelta(days=FRESH_DAYS + lag + report.window.restated_days)
    return "fresh" if end >= young else "backfill"
