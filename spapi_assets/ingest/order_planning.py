"""Which operation reads the orders that changed and the days that were never read: getOrder or searchOrders, when, and why.
Pure arithmetic over marks, gaps and bucket states; collecting these and carrying the plan out is `order_reading.py`."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from spapi_assets.datasets.model import ApiSource
from spapi_assets.ingest.forecast import Bucket
from spapi_assets.ingest.windows import due_range, plan_windows, today

# Marks come together for minutes before they are read, so nobody needs them sooner; the search's few calls are for the gaps.
PATIENCE = 900.0
# A message may come so long after the change it tells of, which a search by the time of change must still find.
MESSAGE_DELAY = timedelta(hours=1)


@dataclass(frozen=True)
class Step:
    """Calls of one operation for one purpose. `seconds`: from now until the last of them can be made, after those before it."""

    operation: str
    orders: int
    calls: int
    seconds: float
    start: date | None = None
    """First day of a gap; None: the step reads marked orders."""
    end: date | None = None
    since: datetime | None = None
    """A search for marked orders: the time of change it begins at."""


@dataclass(frozen=True)
class OrderPlan:
    """What to read, in this order, and a sentence for each step and for what a person should know."""

    steps: tuple[Step, ...]
    why: tuple[str, ...]

    @property
    def marked(self) -> Step | None:
        """The step that reads the marked orders."""
        return next((step for step in self.steps if step.start is None), None)

    @property
    def gaps(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.start is not None)


def plan_orders(
    source: ApiSource,
    *,
    now: datetime,
    marked: int,
    oldest: datetime | None,
    gaps: Collection[date],
    orders_a_day: float | None,
    search: Bucket,
    single: Bucket,
) -> OrderPlan:
    """Decide. `marked` orders wait since `oldest`; the days `gaps` were never searched; `orders_a_day` change on a usual day.

    Only a search can fill a gap: getOrder must know the id. For marked orders both can be used: getOrder costs a call an order,
    a search a call a hundred orders, but brings all that changed since the oldest mark and has a 90th of the rate. getOrder is
    taken where it is done within a quarter of an hour, or before the search.
    """
    assert source.call is not None
    assert source.call.single is not None
    searching, asking = source.call.operation, source.call.single.operation
    page = int(source.call.params["maxResultsPerPage"])
    at, calls = now.timestamp(), 0
    steps: list[Step] = []
    why: list[str] = []
    if orders_a_day is None and (gaps or marked):
        why.append("No orders are loaded yet, so how many change on a day is not known: a page a day is counted.")
    daily = page if orders_a_day is None else orders_a_day
    newest = due_range(source, today(source, None, now), date.min)[1]
    windows = plan_windows(source, gaps)[::-1]
    fresh = [window for window in windows if window[1] >= newest]

    def fill(start: date, end: date) -> None:
        nonlocal calls
        orders = math.ceil(daily * ((end - start).days + 1))
        pages = _pages(orders, page)
        calls += pages
        step = Step(searching, orders, pages, search.seconds(calls, at), start, end)
        steps.append(step)
        days = f"{start} was" if start == end else f"{start} to {end} were"
        why.append(
            f"{days} never read: {searching}, about {_count(pages, 'page')} of {page} orders, done {_within(step.seconds)}; "
            f"only {searching} lists orders that nobody told us of."
        )
        why.extend(_too_long(source, search, step))

    for window in fresh:
        fill(*window)
    if marked:
        since = min(oldest or now, now) - MESSAGE_DELAY
        orders = max(marked, math.ceil(daily * (now - since).total_seconds() / 86_400))
        pages = _pages(orders, page)
        one_by_one = Step(asking, marked, marked, single.seconds(marked, at))
        together = Step(searching, orders, pages, search.seconds(calls + pages, at), since=since)
        waiting = _count(marked, "marked order")
        faster = orders_a_day is not None and one_by_one.seconds > PATIENCE and together.seconds < one_by_one.seconds
        if faster:
            calls += pages
            steps.append(together)
            why.append(
                f"{waiting}: {searching} from {since:%Y-%m-%d %H:%M} UTC on, about {_count(pages, 'page')}, "
                f"done {_within(together.seconds)}; {asking} would need {_count(marked, 'call')} = {_time(one_by_one.seconds)}."
            )
        else:
            steps.append(one_by_one)
            why.append(
                f"{waiting}: {asking}, done {_within(one_by_one.seconds)}; {searching} would need about "
                f"{_count(pages, 'page')} = {_time(together.seconds)}."
            )
    for window in windows:
        if window not in fresh:
            fill(*window)
    if not steps:
        why.append("No order waits to be read again, and no day is missing.")
    return OrderPlan(tuple(steps), tuple(why))


def _too_long(source: ApiSource, search: Bucket, step: Step) -> list[str]:
    """A chain of pages must end while its token lives, else it begins anew and never ends."""
    life = source.call.paging.seconds if source.call and source.call.paging else None
    if life is None or step.calls / search.rate <= life:
        return []
    what = f"{_count(step.calls, 'page')} take {_time(step.calls / search.rate)}, and Amazon's page tokens live {_time(life)}"
    advice = (
        "read these days in runs of their own"
        if step.start != step.end
        else "ask Amazon for a higher rate, and take the day from the orders report meanwhile"
    )
    return [f"{what}: {advice}."]


def _pages(orders: int, page: int) -> int:
    return max(1, -(-orders // page))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _within(seconds: float) -> str:
    return "at once" if seconds < 1 else f"in {_time(seconds)}"
