"""What stands in the ledger and in the lake at the end of the year, held against what Amazon's log says must stand there.
Every function returns sentences about what is wrong; none is what the test wants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq

from spapi_assets.aws.identifiers import Identifiers
from spapi_assets.aws.ledger import PartitionFacts
from spapi_assets.aws.setup import _table
from spapi_assets.datasets.model import Report
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.fanout import part_of
from spapi_assets.ingest.feeding import feed
from spapi_assets.ingest.identifiers import fan
from spapi_assets.ingest.truth import TruthState, truth
from spapi_assets.lake.layout import Partition
from tests.flow.year.amazon import Made
from tests.flow.year.business import ORDERS, QUERIES, SETTLEMENTS, TRAFFIC, VENDOR, Business
from tests.flow.year.dynamo import MemoryDynamo
from tests.flow.year.expected import BY_NAME, Day, Judgement, Kind, slots
from tests.flow.year.world import FIRST, Year

Rows = list[tuple[Any, ...]]
SLACK = timedelta(hours=34)  # what became due so lately may still wait for its schedule's minute


def unfinished(ctx: IngestContext, now: datetime) -> list[str]:
    """Requests that are still under way although nothing is wrong any more. Those planned for later (limits) are fine."""
    left = [*ctx.ledger.open_records(), *ctx.ledger.done_not_loaded(), *ctx.ledger.unjudged()]
    return [f"left {r.status}: {r} {r.verdict} {r.reason} {r.retry_at}" for r in left if not (r.retry_at and r.retry_at > now)]


def wrong_states(year: Year, ctx: IngestContext, judged: Judgement) -> list[str]:
    """Partitions whose truth is not what Amazon's log says."""
    by_partition: dict[tuple[str, str, date], list[Day]] = defaultdict(list)
    for (account, report_type, place, options, first), day in judged.days.items():
        name = next(k.name for k in BY_NAME.values() if _is(k, report_type, dict(options)))
        by_partition[name, f"{account}.{place}" if place else account, first].append(day)
    wrong = []
    for report in year.deployment.reports:
        kind = BY_NAME.get(report.name)
        if kind is None:
            continue
        for key in year.deployment.settings.partition_keys(report):
            for first, found in _truths(year, ctx, report, kind, key):
                expected = _expected(year, kind, key, first, by_partition.get((report.name, key, first), []))
                if found.state not in expected:
                    wrong.append(
                        f"{report.name} {key} {first}: {found.state}, not {' or '.join(sorted(expected))}. {found.reason}"
                    )
    return wrong


def _is(kind: Kind, report_type: str, options: dict[str, str]) -> bool:
    from tests.flow.year.expected import KINDS

    period = options.get("dateGranularity", options.get("reportPeriod", ""))
    return KINDS.get((report_type, period)) is kind


def _truths(year: Year, ctx: IngestContext, report: Report, kind: Kind, key: str) -> Iterator[tuple[date, Any]]:
    today = year.clock.now.date()
    records = ctx.ledger.records(report.name, key, FIRST, today)
    dataset, split = report.datasets[0].name, fan(ctx, report, key)
    facts: dict[date | None, list[PartitionFacts]] = defaultdict(list)
    for fact in ctx.ledger.partitions(dataset, key, FIRST, today):
        facts[fact.day].append(fact)
    day = year.start if kind.snapshot else FIRST
    while day <= today:
        if kind.period == "day" or (kind.period == "week" and day.weekday() == 6) or (kind.period == "month" and day.day == 1):
            mine = [r for r in records if r.covers(day)]
            yield day, truth(report, dataset, Partition.of(key, day), mine, facts[day], ctx.now(), None, split)
        day += timedelta(days=1)


def _expected(year: Year, kind: Kind, key: str, first: date, days: list[Day]) -> set[str]:
    """The words that are right for a partition: one, but where the last hours decide."""
    now, place = year.clock.now, key.partition(".")[2] or None
    known = slots(year.business, kind, place, first)
    if kind.snapshot:
        if any(d.reports for d in days):
            return {TruthState.FINAL}
        return {TruthState.UNAVAILABLE, TruthState.MISSING} if first >= now.date() else {TruthState.UNAVAILABLE}
    closed = year.business.closed(place, kind.last(first))
    if now < closed:
        return {TruthState.NOT_DUE}
    if now < known[0]:
        return {TruthState.NOT_PUBLISHED}
    states = {_of_day(year, kind, day, now) for day in days} - {""}
    if not states:
        # Nobody asked: only right where the schedules did not look yet, or before they ever looked.
        return {TruthState.MISSING} if known[0] > now - SLACK or _before_the_start(year, kind, closed) else {"asked for"}
    for state in (
        TruthState.FAILED,
        TruthState.DENIED,
        TruthState.NOT_PUBLISHED,
        TruthState.PROVISIONAL,
        TruthState.FINAL,
        TruthState.EMPTY_CONFIRMED,
    ):
        if state in states:
            return {state}
    return states


def _before_the_start(year: Year, kind: Kind, closed: datetime) -> bool:
    """Whether a period may have been older than the first mornings looked."""
    return closed < year.business.closed(None, year.start) - timedelta(days=(kind.ages or (0,))[-1] + kind.lag / 24)


def _of_day(year: Year, kind: Kind, day: Day, now: datetime) -> str:
    if day.closed and not day.reports:
        return TruthState.FAILED
    if not day.reports:
        return TruthState.NOT_PUBLISHED if day.failures["late"] else "asked for"
    if day.slots[-1] > day.reached:
        return TruthState.PROVISIONAL if day.slots[-1] > now - SLACK or day.closed else "renewed"
    last = day.reports[-1]
    return TruthState.EMPTY_CONFIRMED if last.why == "no data" or not _any_rows(year, kind, day) else TruthState.FINAL


def _any_rows(year: Year, kind: Kind, day: Day) -> bool:
    last = day.reports[-1]
    first = next(f for f in kind.firsts(*last.days) if slots(year.business, kind, _place(last), f) == day.slots)
    return bool(_rows(year.business, kind, last, first))


def _place(made: Made) -> str | None:
    from tests.flow.year.expected import unit_of

    place: str | None = unit_of(made)[2]
    return place


# --- the lake ---------------------------------------------------------------------------------------------------------------
def wrong_rows(year: Year, ctx: IngestContext, judged: Judgement) -> list[str]:
    """Parquet objects against Amazon's rows: the newest report of every day, each row once, and no object more."""
    wanted: dict[str, Rows] = {}
    for (account, report_type, place, options, first), day in judged.days.items():
        kind = next(k for k in BY_NAME.values() if _is(k, report_type, dict(options)))
        report = ctx.registry.reports[kind.name]
        filled = [m for m in day.reports if m.body is not None]
        newest = filled[-1] if filled else (day.reports[-1] if day.reports else None)
        if newest is None:
            continue
        for dataset in report.datasets:
            path = _path(dataset.name, account, place, first, part_of(report, dict(options)))
            wanted[path] = _rows(year.business, kind, newest, first, dataset.name) if newest.body is not None else []
    for made in year.amazon.reports.values():
        if made.info.report_type == SETTLEMENTS:
            path = _path("settlements", made.account, None, made.days[1], made.info.report_id)
            wanted[path] = [(None,), (10,), (20,)]
    wrong, there = [], {p for p in ctx.lake.list("raw") if f"account={'_schema'}" not in p}
    wrong += [f"missing object {p}" for p in sorted(wanted.keys() - there)]
    wrong += [f"orphan object {p}" for p in sorted(there - wanted.keys())]
    for path in sorted(there & wanted.keys()):
        with ctx.lake.open_input(path) as file:
            found = _read(path.split("/")[1], pq.read_table(file))
        if found != sorted(wanted[path], key=str):
            wrong.append(f"{path} holds {found}, not {sorted(wanted[path], key=str)}")
    return wrong


def _path(dataset: str, account: str, place: str | None, day: date, part: str) -> str:
    store = f"marketplace={place}/" if place else ""
    return f"raw/{dataset}/account={account}/{store}date={day}/{part}.parquet"


_COLUMNS = {
    "orders_by_last_update": ("amazon_order_id",),
    "sales_and_traffic_by_asin": ("child_asin", "units_ordered"),
    "sales_and_traffic_by_date": ("units_ordered",),
    "merchant_listings": ("asin1", "quantity"),
    "afn_inventory": ("seller_sku", "quantity_available"),
    "settlements": ("amount",),
    "vendor_sales": ("asin", "ordered_units"),
    "vendor_sales_totals": ("ordered_units",),
    "search_query_performance": ("asin",),
}


def _read(dataset: str, table: Any) -> Rows:
    names = _COLUMNS[dataset.removesuffix("_weekly").removesuffix("_monthly")]
    rows = [
        tuple(int(v) if name in ("amount", "quantity") and v is not None else v for name, v in zip(names, row, strict=True))
        for row in zip(*(table.column(n).to_pylist() for n in names), strict=True)
    ]
    return sorted(rows, key=str)


def _rows(business: Business, kind: Kind, made: Made, first: date, dataset: str = "") -> Rows:
    """Amazon's rows of one period in a report, in the columns that are compared."""
    at, place, last = made.info.created, _place(made), kind.last(first)
    match made.info.report_type:
        case t if t == ORDERS:
            return [(i,) for i in business.order_ids(first, at)]
        case t if t == TRAFFIC:
            name = made.options["dateGranularity"]
            units = [(a, business.units(TRAFFIC, str(place), name, first, last, at, a)) for a in ("B0PARENT01", "B0PARENT02")]
            return [(sum(n for _, n in units),)] if "by_date" in dataset else units  # type: ignore[return-value]
        case t if t == VENDOR:
            view, name = made.options["distributorView"], made.options["reportPeriod"]
            if business.quiet(VENDOR + name + view, place, first):
                return []
            sold = business.units(VENDOR, str(place), view + name, first, last, at, "B0VENDOR01")
            return [(sold,)] if "totals" in dataset else [("B0VENDOR01", sold)]
        case t if t == QUERIES:
            return [(a,) for a in business.queried(made.options["asin"], last)]
    if kind.name == "merchant_listings":
        return business.listing_rows(str(place), at)
    return business.inventory_rows(str(place), at)


def wrong_histories(year: Year, ctx: IngestContext, judged: Judgement) -> list[str]:
    """The versions of restated days: each report that filled a day, in order, with totals that follow from one to the next."""
    wrong = []
    for (account, report_type, place, options, first), day in judged.days.items():
        kind = next(k for k in BY_NAME.values() if _is(k, report_type, dict(options)))
        if not kind.ages or not day.reports:
            continue
        report = ctx.registry.reports[kind.name]
        key = f"{account}.{place}" if place else account
        part = part_of(report, dict(options))
        facts = [f for f in ctx.ledger.partitions(report.datasets[0].name, key, first, first) if f.part == part]
        filled = [m for m in day.reports if m.body is not None] or day.reports
        if len(facts) != 1:
            wrong.append(f"{kind.name} {key} {first} {part}: {len(facts)} facts")
            continue
        (fact,) = facts
        told = [fact.report_id, *(v["report_id"] for v in fact.versions)]
        made = [m.info.report_id for m in reversed(filled)]
        if any(m.body is None for m in day.reports):
            continue  # days without data are renewed by requests that bring no document
        if told != made:
            wrong.append(f"{kind.name} {key} {first} {part}: versions {told}, Amazon made {made}")
        wrong += _broken_totals(year.business, kind, day, fact, first, f"{kind.name} {key} {first} {part}")
    return wrong


def _broken_totals(business: Business, kind: Kind, day: Day, fact: PartitionFacts, first: date, name: str) -> list[str]:
    column = "units_ordered" if kind.name.startswith("sales") else "ordered_units"
    filled = list(reversed(day.reports))
    entries = [{"changes": fact.changes}, *fact.versions]
    wrong = []
    for entry, newer, older in zip(entries, filled, filled[1:], strict=False):
        totals = [sum(r[-1] for r in _rows(business, kind, m, first)) for m in (older, newer)]
        told = ((entry.get("changes") or {}).get("totals") or {}).get(column)
        expected = None if totals[0] == totals[1] else [str(t) for t in totals]
        if (list(told) if told else None) != expected:
            wrong.append(f"{name}: change {told} of report {newer.info.report_id}, not {expected}")
    return wrong


def wrong_identifiers(ctx: IngestContext) -> list[str]:
    """The store after all the deaths, against one that is fed the lake's objects once, day after day."""
    clients: Any = SimpleNamespace(dynamodb=MemoryDynamo())
    _table(clients, "fresh", sort_key=True, index=False)
    fresh: Any = SimpleNamespace(lake=ctx.lake, settings=ctx.settings, identifiers=Identifiers(clients, "fresh"))
    objects = [path.split("/") for path in ctx.lake.list("raw") if "account=_schema" not in path]
    for _, dataset, *folders, name in sorted(objects, key=lambda parts: parts[-2]):
        keys = dict(folder.split("=", 1) for folder in folders)
        partition = Partition(keys["account"], keys.get("marketplace"), date.fromisoformat(keys["date"]))
        feed(fresh, ctx.registry.datasets[dataset], [partition], name.removesuffix(".parquet"))
    wrong, known = [], 0
    for account in ctx.settings.accounts:
        for place in account.marketplaces:
            for kind in ("sku", "asin"):
                told, expected = (
                    {i.value: (i.listed, dict(i.facts), set(i.sources)) for i in store.all(kind, account.name, place)}
                    for store in (ctx.identifiers, fresh.identifiers)
                )
                known += len(expected)
                wrong += [
                    f"{account.name}.{place} {kind} {value}: {told.get(value)}, not {expected.get(value)}"
                    for value in sorted(told.keys() | expected.keys())
                    if told.get(value) != expected.get(value)
                ]
    return wrong if known else ["the lake holds no identifiers; correct this check"]
