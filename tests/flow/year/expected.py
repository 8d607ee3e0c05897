"""The judge of the year: from Amazon's own log, which requests were needed and why, and what must be known of every partition.
Each report's rules stand here once more, as facts, so that the flow's windows and truths are not judged by themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.flow.year.amazon import COOL_DOWN, Made
from tests.flow.year.business import (
    DAY,
    IDS,
    LISTINGS,
    ORDERS,
    QUERIES,
    STOCK,
    TRAFFIC,
    VENDOR,
    Business,
)

TRIES = {"broken": 6, "strange": 3}  # requests after which nobody asks any more; `configuration`: one
NEVER = datetime.min.replace(tzinfo=UTC)
NEVER_AGAIN = {"configuration"}
_TRAFFIC_AGES, _VENDOR_AGES = (1, 2, 4, 8, 14), (1, 2, 4, 8, 16, 30)


@dataclass(frozen=True)
class Kind:
    """What is known of one report: whose midnight, how long a period, when published, at which ages it changes."""

    name: str
    period: str = "day"
    lag: int = 0  # hours
    ages: tuple[int, ...] = ()
    span: int = 1  # longest window in days
    snapshot: bool = False

    def last(self, first: date) -> date:
        if self.period == "week":
            return first + 6 * DAY
        if self.period == "month":
            return (first + 31 * DAY).replace(day=1) - DAY
        return first

    def firsts(self, start: date, end: date) -> Iterator[date]:
        """First days of the periods in a window."""
        day = start
        while day <= end:
            yield day
            day = self.last(day) + DAY


KINDS = {
    (ORDERS, ""): Kind("orders_by_last_update", lag=2, span=30),
    (TRAFFIC, "DAY"): Kind("sales_and_traffic", lag=24, ages=_TRAFFIC_AGES),
    (TRAFFIC, "WEEK"): Kind("sales_and_traffic_weekly", "week", 24, _TRAFFIC_AGES),
    (TRAFFIC, "MONTH"): Kind("sales_and_traffic_monthly", "month", 24, _TRAFFIC_AGES),
    (VENDOR, "DAY"): Kind("vendor_sales", lag=72, ages=_VENDOR_AGES, span=15),
    (VENDOR, "WEEK"): Kind("vendor_sales_weekly", "week", 72, _VENDOR_AGES, span=35),
    (QUERIES, "WEEK"): Kind("search_query_performance_weekly", "week", 144),
    (LISTINGS, ""): Kind("merchant_listings", snapshot=True),
    (STOCK, ""): Kind("afn_inventory", snapshot=True),
}
BY_NAME = {kind.name: kind for kind in KINDS.values()}


def kind_of(made: Made) -> Kind | None:
    period = made.options.get("dateGranularity", made.options.get("reportPeriod", ""))
    return KINDS.get((made.info.report_type, period))


@dataclass
class Day:
    """One period of one unit (report, account, marketplace, options) as the log shows it."""

    slots: list[datetime]
    reached: datetime = NEVER  # moments up to here are answered
    empty_seen: bool = False
    failures: Counter[str] = field(default_factory=Counter)
    open_until: datetime | None = None
    closed: str = ""
    reports: list[Made] = field(default_factory=list)  # that filled it, in order
    made: int = 0

    def changing(self, at: datetime) -> bool:
        """Loaded, and Amazon still changes it."""
        return bool(self.reports) and at < self.slots[-1]

    def needs(self, at: datetime) -> bool:
        return any(self.reached < slot <= at for slot in self.slots)


@dataclass
class Judgement:
    """`surplus`: requests that brought nothing that was not known, each with why. `least`: the fewest that could do."""

    days: dict[tuple[Any, ...], Day]
    surplus: list[str] = field(default_factory=list)
    in_cool_down: list[str] = field(default_factory=list)
    needed: int = 0
    retries: Counter[str] = field(default_factory=Counter)


def slots(business: Business, kind: Kind, place: str | None, first: date) -> list[datetime]:
    """The moments from which on a request brings something new: when a period is published, and after each age."""
    if kind.snapshot:
        return [datetime.combine(first, datetime.min.time(), UTC)]
    closed = business.closed(place, kind.last(first))
    due = closed + timedelta(hours=kind.lag)
    return sorted({due, *(max(due, closed + timedelta(days=age)) for age in kind.ages)})


def unit_of(made: Made) -> tuple[Any, ...]:
    place = None if made.info.report_type == ORDERS else IDS[made.info.marketplace_ids[0]]
    return (made.account, made.info.report_type, place, tuple(sorted(made.options.items())))


def _periods(kind: Kind, made: Made) -> list[date]:
    if kind.snapshot:
        return [made.info.created.date()]
    return list(kind.firsts(*made.days))


def judge_log(reports: list[Made], business: Business) -> Judgement:
    """Every report of ours in the order Amazon made them. Those of others count from when we could know of them."""
    days: dict[tuple[Any, ...], Day] = {}
    found = Judgement(days)
    recent: dict[tuple[Any, ...], list[tuple[datetime, tuple[date, date], str]]] = defaultdict(list)
    known_late: list[tuple[datetime, Made]] = []
    for made in sorted(reports, key=lambda m: m.info.created):
        kind = kind_of(made)
        if kind is None:
            continue
        for at, other in [k for k in known_late if k[0] <= made.info.created]:
            known_late.remove((at, other))
            _learn(days, business, other)
        if made.by != "us":
            if _adoptable(made, kind):
                told = made.told_at or made.ends + timedelta(minutes=75)
                known_late.append((told + timedelta(minutes=3), made))
            continue
        unit, at = unit_of(made), made.info.created
        window = "" if kind.snapshot else f" {made.days[0]}..{made.days[1]}"
        options = " ".join(made.options.values())
        name = f"{kind.name} {unit[2]} {options}{window} report {made.info.report_id} at {at:%Y-%m-%d %H:%M}"
        verdicts, periods = [], _periods(kind, made)
        for first in periods:
            day = days.setdefault((*unit, first), Day(slots(business, kind, unit[2], first)))
            why = _why_not(day, at)
            if made.info.report_type == QUERIES and not business.queried(made.options["asin"], kind.last(first)):
                why = why or "none of its products was on sale in the period"
            if first not in (periods[0], periods[-1]) and day.changing(at):
                why = ""  # it lies between two that are needed and still changes: that spares a request
            verdicts.append(f"{first}: {why}" if why else "")
            day.made += 1
        if any(verdicts):
            found.surplus.append(f"{name}: {'; '.join(sorted({v for v in verdicts if v}))}")
        else:
            found.needed += 1
        if not kind.snapshot:
            for when, other_days, before in recent[unit]:
                joint = (max(other_days[1], made.days[1]) - min(other_days[0], made.days[0])).days + 1
                beside = other_days[1] + DAY == made.days[0] or made.days[1] + DAY == other_days[0]
                if beside and joint <= kind.span and at - when < timedelta(minutes=2):
                    found.surplus.append(f"{name}: could have been one with {before}")
            recent[unit] = [r for r in recent[unit] if at - r[0] < timedelta(hours=1)] + [(at, made.days, name)]
        _apply(days, business, kind, made, found)
    for _, other in known_late:
        _learn(days, business, other)
    _cool_downs(reports, found)
    return found


def _why_not(day: Day, at: datetime) -> str:
    if day.closed:
        return f"closed for ever: {day.closed}"
    if day.open_until is not None and at < day.open_until:
        return "another request for it was under way"
    if not day.needs(at):
        return "nothing new could be had" if day.reached > NEVER else "not published yet"
    return ""


def _apply(days: dict, business: Business, kind: Kind, made: Made, found: Judgement) -> None:
    """What a report of ours brought."""
    if made.why:
        found.retries[made.why] += 1
    for first in _periods(kind, made):
        day = days[(*unit_of(made), first)]
        day.open_until = made.ends
        if made.status == "DONE" and not made.why:
            day.reached = max(day.reached, made.info.created)
            day.reports.append(made)
            day.failures.clear()
        elif made.why == "no data":
            if day.empty_seen:
                day.reached = max(day.reached, made.info.created)
                day.reports.append(made)
            day.empty_seen = True
        else:
            day.failures[made.why] += 1
            if made.why in NEVER_AGAIN or day.failures[made.why] >= TRIES.get(made.why, 99):
                day.closed = made.why


def _adoptable(made: Made, kind: Kind) -> bool:
    if made.status != "DONE" or made.info.report_type not in (ORDERS, STOCK):
        return False
    return kind.snapshot or (len(made.info.marketplace_ids) == 2 and made.info.end.second == 59)


def _learn(days: dict, business: Business, made: Made) -> None:
    """A report of others fills what nobody has yet."""
    kind = kind_of(made)
    assert kind is not None
    for first in _periods(kind, made):
        unit = unit_of(made)
        day = days.setdefault((*unit, first), Day(slots(business, kind, unit[2], first)))
        if day.needs(made.info.created):  # one of ours that came later and was done says more
            day.reached = made.info.created
            day.reports.append(made)


def _cool_downs(reports: list[Made], found: Judgement) -> None:
    """Requests of ours within the cool-down of an earlier one of ours."""
    before: dict[tuple[Any, ...], datetime] = {}
    for made in sorted(reports, key=lambda m: m.info.created):
        wait = COOL_DOWN.get(made.info.report_type)
        if wait is None or made.by != "us":
            continue
        key = unit_of(made)[:3]
        if key in before and made.info.created - before[key] < wait:
            found.in_cool_down.append(f"{key} at {made.info.created}, {made.info.created - before[key]} after the one before")
        before[key] = made.info.created
