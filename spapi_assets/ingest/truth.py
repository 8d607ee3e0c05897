"""What is known about one day of one dataset: its truth state, why, what happens next, and whether to ask Amazon now.
Pure: the same records, facts and clock give the same answer. A day that one request fills is `request_truth.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord
from spapi_assets.datasets.model import ApiSource, Report, Source
from spapi_assets.ingest.data_kiosk.fallback import standing_by
from spapi_assets.ingest.denial import with_denial
from spapi_assets.ingest.fanout import READ, SOME, Fan, Unit, fan_of, part_of
from spapi_assets.ingest.request_truth import truth_of_request
from spapi_assets.ingest.states import Truth, TruthState
from spapi_assets.lake.layout import Partition

__all__ = ["Truth", "TruthState", "together", "truth", "truths_by_unit"]

# A partition of several requests is as good as its worst one; what somebody must act on comes first.
_WORST_FIRST = (
    TruthState.FAILED,
    TruthState.DENIED,
    TruthState.EMPTY_SUSPECTED,
    TruthState.MISSING,
    TruthState.THROTTLED,
    TruthState.REQUESTED,
    TruthState.NOT_PUBLISHED,
    TruthState.NOT_DUE,
    TruthState.UNAVAILABLE,
    TruthState.PROVISIONAL,
    TruthState.FINAL,
    TruthState.EMPTY_CONFIRMED,
)


def truth(
    report: Source,
    dataset: str,
    partition: Partition,
    records: Iterable[ReportRecord],
    facts: Sequence[PartitionFacts],
    now: datetime,
    kept_up_from: date | None = None,
    fan: Fan | None = None,
) -> Truth:
    """The truth about one partition. `records`: requests of its report and account key; `facts`: those of this partition.

    `kept_up_from` (`upkeep.kept_up_from`) only chooses the next action of a day nobody asked for: a gap, or back-fill.
    `fan`: the requests the partition needs, where they are several (`identifiers.fan`).
    """
    return together(report, truths_by_unit(report, dataset, partition, records, facts, now, kept_up_from, fan))


def truths_by_unit(
    report: Source,
    dataset: str,
    partition: Partition,
    records: Iterable[ReportRecord],
    facts: Sequence[PartitionFacts],
    now: datetime,
    kept_up_from: date | None = None,
    fan: Fan | None = None,
    grown: bool = False,
) -> list[tuple[Unit, Truth]]:
    """The truth about each request that the partition needs; empty when there is nothing to ask for yet.

    `grown`: also those for identifiers that are newer than the partition's first request (`Fan.units_for`).
    """
    fan = fan or fan_of(report, partition.marketplace)
    covering = [r for r in records if r.covers(partition.day)]
    if isinstance(report, ApiSource):
        # Readings of some identifiers say nothing about the rest; one that a kill left unloaded is made again from its pages.
        covering = [r for r in covering if r.options.get(READ) != SOME and not r.ready]
        if report.notification is None:
            facts = [f for f in facts if f.part == "data"]
    found = []
    for unit in fan.units_for(covering, grown=grown):
        mine, held = covering, facts
        if report.fan_out is not None:
            mine = [r for r in covering if part_of(report, r.options) == unit.part]
            held = [f for f in facts if f.part == unit.part]
        told = truth_of_request(report, dataset, partition, mine, held, now, kept_up_from)
        told = with_denial(told, fan.denial, mine, now)
        found.append((unit, standing_by(told, report) if fan.stands_by and isinstance(report, Report) else told))
    return found


def together(report: Source, found: Sequence[tuple[Unit, Truth]]) -> Truth:
    """The truth about a partition from those about its requests (`truths_by_unit`): it is as good as its worst one."""
    if report.fan_out is None:
        return found[0][1]
    if not found:
        source = report.fan_out.identifiers if report.fan_out else None
        if source is None:
            return Truth(TruthState.NOT_DUE, "The account's `fan_out` setting leaves nothing to ask for.", "Nothing to do.")
        why = f"The report must name what it is about, and {source.dataset} of this account holds no {source.column} yet."
        return Truth(TruthState.MISSING, why, f"Load {source.dataset} first; the next look then asks for this.")
    if len(found) == 1:
        return found[0][1]
    unit, worst = min(found, key=lambda pair: _WORST_FIRST.index(pair[1].state))
    asking = next((t for _, t in found if t.ask), None)
    counts = Counter(t.state.value for _, t in found)
    if len(counts) == 1:
        reason = f"All {len(found)} requests: {worst.reason}"
    else:
        told = ", ".join(f"{n} {state}" for state, n in counts.most_common())
        reason = f"{len(found)} requests: {told}. {unit.label}: {worst.reason}"
    times = [t.next_at for _, t in found if t.next_at is not None]
    return Truth(worst.state, reason, (asking or worst).next_action, min(times) if times else None, asking is not None)
