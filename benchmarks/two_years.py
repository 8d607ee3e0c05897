"""What two years of every seller report cost one account, and what each day costs after that: requests and hours by family.
Planned by the platform's own planner, without AWS or Amazon; run it with `python -m benchmarks.two_years`."""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from spapi_assets.aws.allowance import Allowance
from spapi_assets.aws.ledger_records import PartitionFacts
from spapi_assets.datasets.loader import Registry, load_registry
from spapi_assets.datasets.model import Kind, Report, WindowKind
from spapi_assets.ingest.costs import type_limit
from spapi_assets.ingest.fanout import Fan, fan_of, part_of
from spapi_assets.ingest.forecast import AccountCost, ReportCost, account_cost, report_costs
from spapi_assets.ingest.planning import plan_requests
from spapi_assets.ingest.windows import due, due_range, final_at, partition_days
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Account, Settings
from spapi_assets.spapi.marketplaces import MARKETPLACES

YEARS = timedelta(days=730)
WARM_UP, COUNTED = 70, 28  # days: longer than the longest restatement, and whole weeks


def seller(marketplaces: Sequence[str], reports: Sequence[str] = ("all", "-data_kiosk")) -> Settings:
    """A deployment of one seller: all its reports. Queries of Data Kiosk have quotas of their own and tell what reports tell."""
    account = Account(
        name="seller",
        kind=Kind.SELLER,
        region=MARKETPLACES[marketplaces[0]].region,
        selling_partner_id="A0SELLER",
        marketplaces=tuple(marketplaces),
        secret="none",
        reports=tuple(reports),
    )
    return Settings(accounts=(account,), lake_uri="lake", first_date="2020-01-01")


def fan(report: Report, key: str, asins: int) -> Fan:
    """How a partition is split, for a catalogue of so many ASINs."""
    return fan_of(report, key.partition(".")[2] or None, identifiers=[f"B{n:09d}" for n in range(asins)])


def row_of(report: Report) -> str:
    """The table's row of a report: its family, or its own name whatever the period, if its type has a limit a day."""
    if report.window.daily_limit is None:
        return report.family
    return f"{report.family}: {re.sub('_(week|month|quarter|year)ly$', '', report.name)}"


def costs_of(registry: Registry, settings: Settings, now: datetime, asins: int) -> dict[str, list[ReportCost]]:
    """The plan of two years from nothing, by row of the table: a family, or a report type that has a limit a day."""
    first, last = (now - YEARS).date(), now.date()
    rows: dict[str, list[ReportCost]] = defaultdict(list)
    for report in registry.reports.values():
        for key in settings.partition_keys(report):
            days = [Partition.of(key, day) for day in partition_days(report, first, last)]
            if not days:
                continue
            plan = plan_requests(report, days, [], {}, now, fans={key: fan(report, key, asins)})
            rows[row_of(report)] += report_costs(report, plan)
    return dict(sorted(rows.items()))


def total(registry: Registry, settings: Settings, costs: Sequence[ReportCost], now: datetime, one_a_day: bool) -> AccountCost:
    """Requests and hours of these costs alone, at Amazon's published rates and the registry's limits a day."""
    limits = {}
    for report in registry.reports.values():
        if report.name in {c.report for c in costs}:
            limit = type_limit(settings, settings.accounts[0], report, Allowance(), now.timestamp())
            if limit is not None:
                limits.setdefault(report.report_type, limit)
    chosen = [replace(c, requests=c.one_a_day) for c in costs] if one_a_day else costs
    return account_cost("seller", chosen, reserve=settings.request_reserve, now=now, limits=limits)


def back_fill_table(registry: Registry, settings: Settings, now: datetime, asins: int) -> Iterator[str]:
    """The back-fill as Markdown: each row as if it were alone, then all of them beside each other."""
    rows = costs_of(registry, settings, now, asins)
    yield "| What | Reports | Requests | Hours | Finished (UTC) | Pace set by | One request a day | Its hours |"
    yield "|---|---:|---:|---:|---|---|---:|---:|"
    everything = [cost for costs in rows.values() for cost in costs]
    unlimited = [cost for name, costs in rows.items() if ":" not in name for cost in costs]
    for name, costs in [*rows.items(), ("**All without a limit a day**", unlimited), ("**All together**", everything)]:
        planned, single = (total(registry, settings, costs, now, one_a_day) for one_a_day in (False, True))
        pace = re.sub(" of GET_.*", "", planned.limit)
        yield (
            f"| {name} | {len({c.report for c in costs})} | {planned.requests:,} | {planned.hours:,.1f} "
            f"| {planned.finished(now):%Y-%m-%d %H:%M} | {pace} | {single.requests:,} | {single.hours:,.1f} |"
        )


@dataclass
class Day:
    """Requests of the counted days: as planned, and with one request for every day that Amazon may still change."""

    planned: int = 0
    single: int = 0


def each_day(report: Report, key: str, now: datetime, asins: int) -> Day:
    """Requests of a report in normal running: every schedule in time, every document loaded at once, none empty."""
    minute, hour = (int(field) if field.isdigit() else 0 for field in report.schedule.split()[:2])
    facts: dict[Partition, list[PartitionFacts]] = defaultdict(list)
    found, fans = Day(), {key: fan(report, key, asins)}
    if report.window.kind is WindowKind.HARVEST:
        return found
    for back in range(WARM_UP + COUNTED, 0, -1):
        at = (now - timedelta(days=back)).replace(hour=hour, minute=minute)
        days = partition_days(report, *due_range(report, at.date(), date.min))
        partitions = [Partition.of(key, day) for day in days]
        plan = plan_requests(report, partitions, [], facts, at, fans=fans)
        for record in plan.create:
            part = part_of(report, record.options)
            for partition in (p for p in partitions if record.covers(p.day)):
                brought = PartitionFacts(1, "1", "1", partition.day, at, at, part)
                facts[partition] = [*(f for f in facts[partition] if f.part != part), brought]
        if back <= COUNTED:
            found.planned += len(plan.create)
            found.single += _single(report, partitions, at) * max(1, len(fans[key].units_for([])))
    return found


def _single(report: Report, partitions: Iterable[Partition], at: datetime) -> int:
    """Days that are published, and were not final yet when they were asked for the day before."""
    if report.window.kind is WindowKind.SNAPSHOT:
        return 1
    before = at - timedelta(days=1)
    return sum(
        due(report, p.day, at, p.marketplace)
        and (before < final_at(report, p.day, p.marketplace) or not due(report, p.day, before, p.marketplace))
        for p in partitions
    )


def each_day_table(registry: Registry, settings: Settings, now: datetime, asins: int) -> Iterator[str]:
    """Requests a day after the back-fill, as Markdown."""
    rows: dict[str, Day] = defaultdict(Day)
    for report in registry.reports.values():
        for key in settings.partition_keys(report):
            day = each_day(report, key, now, asins)
            rows[report.family].planned += day.planned
            rows[report.family].single += day.single
    yield "| Family | Requests a day | One request for each day that may change |"
    yield "|---|---:|---:|"
    everything = Day(sum(d.planned for d in rows.values()), sum(d.single for d in rows.values()))
    for name, day in [*sorted(rows.items()), ("**All together**", everything)]:
        yield f"| {name} | {day.planned / COUNTED:,.1f} | {day.single / COUNTED:,.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--marketplaces", nargs="+", default=["DE"], metavar="CODE", help="of one region; default: DE")
    parser.add_argument("--reports", nargs="+", default=["all"], metavar="NAME", help="as in the accounts file; default: all")
    parser.add_argument("--asins", type=int, default=100, help="catalogue for the reports that must name products")
    parser.add_argument("--start", type=date.fromisoformat, default=datetime.now(UTC).date(), help="day of the start, 06:00 UTC")
    given = parser.parse_args()
    now = datetime(given.start.year, given.start.month, given.start.day, 6, tzinfo=UTC)
    registry, settings = load_registry(), seller(given.marketplaces, given.reports)
    print(f"Two years to {given.start} in {', '.join(given.marketplaces)}, {given.asins} ASINs in each\n")
    print("\n".join(back_fill_table(registry, settings, now, given.asins)))
    print("\nEach day after that\n")
    print("\n".join(each_day_table(registry, settings, now, given.asins)))


if __name__ == "__main__":
    main()
