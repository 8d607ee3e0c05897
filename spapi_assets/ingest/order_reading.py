"""Marked orders are read as `order_planning.py` decides: what it needs to know is collected here, and its plan carried out.
How an API is read at all is `reading/run.py`; sources that can only be asked by identifier go there unchanged."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import Any

from spapi_assets.aws.clients import AwsError
from spapi_assets.datasets.model import ApiSource, WindowKind
from spapi_assets.ingest.buckets import bucket_of
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.order_planning import OrderPlan, plan_orders
from spapi_assets.ingest.reading.days import to_read, truth_by_day
from spapi_assets.ingest.reading.outcome import ReadOutcome
from spapi_assets.ingest.reading.run import catch_up, refresh, to_refresh
from spapi_assets.ingest.upkeep import kept_up_from
from spapi_assets.ingest.windows import due_range, partition_days, today
from spapi_assets.lake.layout import Partition

# Whose rows tell how many orders change on a day, the surer first: orders themselves, or the item lines of the orders report.
COUNTED = ("api_orders", "orders_by_last_update")
_DAYS = 28


def is_planned(source: ApiSource) -> bool:
    """Whether marked identifiers can be searched for by the time of their change as well as asked for one by one."""
    call = source.call
    return (
        call is not None
        and source.window.kind is WindowKind.DAYS
        and call.single is not None
        and "maxResultsPerPage" in call.params
    )


def orders_plan(ctx: IngestContext, source: ApiSource, account_key: str) -> OrderPlan:
    """The plan as things stand now. Reads the ledger, the marks and the quota; asks Amazon nothing and writes nothing."""
    assert source.call is not None
    assert source.call.single is not None
    account = Partition.of(account_key, date.min).account
    marks = ctx.refreshes.pending(source.name, account_key)
    return plan_orders(
        source,
        now=ctx.now(),
        marked=len(marks),
        oldest=marks[0].first_asked if marks else None,
        gaps=_gaps(ctx, source, account_key),
        orders_a_day=_orders_a_day(ctx, source, account_key),
        search=bucket_of(ctx, account, source.call.operation),
        single=bucket_of(ctx, account, source.call.single.operation),
    )


def order_plans(ctx: IngestContext, accounts: Collection[str], notes: list[str]) -> list[tuple[str, OrderPlan]]:
    """The plans of these accounts, by account key; what could not be read is a sentence in `notes`."""
    found = []
    for source in filter(is_planned, ctx.registry.apis.values()):
        for key in ctx.settings.partition_keys(source):
            if key.partition(".")[0] not in accounts:
                continue
            try:
                found.append((key, orders_plan(ctx, source, key)))
            except AwsError as error:
                notes.append(f"What {source.name} of {key} would read is not known. {error}")
    return found


def read_changed(
    ctx: IngestContext,
    source: ApiSource,
    account_key: str,
    *,
    deadline: float | None = None,
    tell: Callable[[str], Any] = lambda sentence: None,
) -> ReadOutcome:
    """Read what is marked as changed, by the operation that is done sooner; the plan's sentences are the outcome's `notes`.

    What a search did not bring (its change was told of late, or undone) is asked for by its id at once, so that every round ends
    with fewer marks. Raises LoadBusy and SpApiErrors as `refresh` does.
    """
    if not is_planned(source):
        return refresh(ctx, source, account_key, deadline=deadline, tell=tell)
    outcome = refresh(ctx, source, account_key, (), deadline=deadline, tell=tell)  # goes on with what a dead process began
    if outcome.problems:
        return outcome
    plan = orders_plan(ctx, source, account_key)
    for sentence in plan.why:
        tell(sentence)
    outcome.notes.extend(plan.why)
    left = None  # all that are marked
    if plan.marked is not None and plan.marked.since is not None:
        before = ctx.now()
        outcome.add(catch_up(ctx, source, account_key, plan.marked.since, deadline=deadline, tell=tell))
        marks = ctx.refreshes.pending(source.name, account_key)
        left = to_refresh([mark for mark in marks if mark.asked < before], before)
    if plan.marked is not None and left != [] and not outcome.problems:
        outcome.add(refresh(ctx, source, account_key, left, deadline=deadline, tell=tell))
    return outcome


def _gaps(ctx: IngestContext, source: ApiSource, account_key: str) -> list[date]:
    """Days that are due, that nobody read, and that are no back-fill: since the deployment keeps up with the source."""
    now = ctx.now()
    current = today(source, Partition.of(account_key, date.min).marketplace, now)
    first = max(date.fromisoformat(ctx.settings.first_date), current - timedelta(days=source.window.lookback_days))
    last = due_range(source, current, first)[1]
    if last < first:
        return []
    records = ctx.ledger.records(source.name, account_key, first, last)
    since = max(first, min(kept_up_from(source, records) or date.max, due_range(source, current, first)[0]))
    facts = ctx.ledger.partitions(source.datasets[0].name, account_key, since, last)
    return to_read(truth_by_day(source, account_key, partition_days(source, since, last), records, facts, now, since))


def _orders_a_day(ctx: IngestContext, source: ApiSource, account_key: str) -> float | None:
    """The mean of the last four weeks' days that are loaded; None where none is."""
    newest = today(source, None, ctx.now())
    for dataset in COUNTED:
        if dataset in ctx.registry.datasets:
            facts = ctx.ledger.partitions(dataset, account_key, newest - timedelta(days=_DAYS), newest)
            rows = [fact.rows for fact in facts if fact.part == "data"]
            if rows:
                return sum(rows) / len(rows)
    return None
