"""Days and windows: when a day closes, is published and becomes final, and how days share one request.
Pure calendar arithmetic from a report's registry entry; whether a day should be asked for is `truth.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from spapi_assets.datasets.model import ApiSource, Period, Source, WindowKind
from spapi_assets.spapi.marketplaces import MARKETPLACES

DAY = timedelta(days=1)
# Days behind the newest due day that a schedule looks at again, so that a missed morning heals itself.
CATCH_UP_DAYS = 3
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


def zone(report: Source, marketplace: str | None) -> tzinfo:
    """Whose midnight bounds a day. A report for the whole account has no single marketplace: its days are UTC days."""
    if report.window.time_zone == "marketplace" and marketplace is not None:
        return ZoneInfo(MARKETPLACES[marketplace].time_zone)
    return UTC


def midnight(report: Source, day: date, marketplace: str | None) -> datetime:
    """The first instant of a day, in UTC."""
    return datetime.combine(day, time(), zone(report, marketplace)).astimezone(UTC)


def today(report: Source, marketplace: str | None, now: datetime) -> date:
    return now.astimezone(zone(report, marketplace)).date()


def period(report: Source, day: date) -> tuple[date, date]:
    """First and last day of the reporting period that holds a day. A week is Sunday to Saturday (Amazon's analytics)."""
    kind = report.window.period
    if kind is Period.WEEK:
        first = day - timedelta(days=(day.weekday() + 1) % 7)
        return first, first + timedelta(days=6)
    months = _MONTHS.get(kind)
    if months is None:
        return day, day
    month = (day.month - 1) // months * months  # zero-based first month of the period
    after = date(day.year + (month + months) // 12, (month + months) % 12 + 1, 1)
    return date(day.year, month + 1, 1), after - DAY


def partition_days(report: Source, first: date, last: date) -> list[date]:
    """The partitions between two days (inclusive): every day, or the first day of every period that begins between them."""
    if report.window.period is Period.DAY:
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]
    days, day = [], period(report, first)[0]
    while day <= last:
        if day >= first:
            days.append(day)
        day = period(report, day)[1] + DAY
    return days


def closes_at(report: Source, day: date, marketplace: str | None) -> datetime:
    """The instant after the last one of the day's period."""
    return midnight(report, period(report, day)[1] + DAY, marketplace)


def due_at(report: Source, day: date, marketplace: str | None) -> datetime:
    """When Amazon has published the day: its close plus the report's lag, and no sooner than an API takes the day's end."""
    span = report.call.span if isinstance(report, ApiSource) and report.call else None
    lag = timedelta(hours=report.window.lag_hours)
    return closes_at(report, day, marketplace) + max(lag, timedelta(seconds=span.settle_seconds if span else 0))


def final_at(report: Source, day: date, marketplace: str | None) -> datetime:
    """A report made from this instant on no longer changes."""
    restated = closes_at(report, day, marketplace) + timedelta(days=report.window.restated_days)
    return max(restated, due_at(report, day, marketplace))


def restated_at(report: Source, day: date, marketplace: str | None) -> list[datetime]:
    """When a loaded day is asked for again while Amazon still changes it; the last one brings the final version."""
    closed, due = closes_at(report, day, marketplace), due_at(report, day, marketplace)
    return [max(closed + timedelta(days=age), due) for age in report.window.restated_ages]


def due(report: Source, day: date, now: datetime, marketplace: str | None = None) -> bool:
    return now >= due_at(report, day, marketplace)


def due_range(report: Source, today: date, first: date) -> tuple[date, date]:
    """The days a scheduled run looks at: the newest published day back through restatement and catch-up, not before `first`."""
    if report.window.kind is WindowKind.SNAPSHOT:
        return today, today
    newest = today - timedelta(days=1 + report.window.lag_hours // 24)
    oldest = newest - timedelta(days=report.window.restated_days + CATCH_UP_DAYS)
    if report.window.period is not Period.DAY:  # the newest whole period, and what of those before it may still change
        begun = period(report, newest + DAY)[0]
        newest = period(report, begun - DAY)[0]
        oldest = min(newest, period(report, oldest)[0])
    return max(first, oldest), newest


def scheduled_on(report: Source, day: date) -> bool:
    """Whether the source's schedule (cron: minute, hour, day of month, month, weekday) runs on this day."""
    _, _, of_month, month, weekday = report.schedule.split()
    return _named(of_month, day.day) and _named(month, day.month) and _named(weekday.replace("7", "0"), (day.weekday() + 1) % 7)


def _named(field: str, value: int) -> bool:
    """Whether a cron field of numbers, ranges and steps names the value."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0", "", "99") if span == "*" else span.partition("-")
        if int(first) <= value <= int(last or first) and (value - int(first)) % int(step or 1) == 0:
            return True
    return False


def reachable(report: Source, day: date, now: datetime, marketplace: str | None = None) -> bool:
    """Amazon still has the day: inside the look-back, and for a snapshot only today."""
    current = today(report, marketplace, now)
    if report.window.kind is WindowKind.SNAPSHOT:
        return day == current
    return day >= current - timedelta(days=report.window.lookback_days)


def plan_windows(report: Source, days: Iterable[date], bridges: Collection[date] = ()) -> list[tuple[date, date]]:
    """The fewest legal windows that cover the periods of these days: runs of consecutive days in chunks of `max_days`.

    Days and windows are inclusive. A window contains no day that was not asked for, but for `bridges`: days Amazon still changes,
    whose newer version is welcome and spares a request where they lie between two that are needed.
    """
    periods = sorted({period(report, day) for day in days})
    welcome = {period(report, day) for day in bridges}
    windows: list[tuple[date, date]] = []
    for first, last in periods:
        if windows:
            start, end = windows[-1]
            if (last - start).days < report.window.max_days and _joined(report, end + DAY, first, welcome):
                windows[-1] = (start, last)
                continue
        windows.append((first, last))
    return windows


def _joined(report: Source, after: date, first: date, welcome: Collection[tuple[date, date]]) -> bool:
    """Whether every period from `after` up to `first` may be asked for along with its neighbours."""
    while after < first:
        between = period(report, after)
        if between not in welcome:
            return False
        after = between[1] + DAY
    return True


def to_instants(report: Source, start: date, end: date, marketplace: str | None) -> tuple[datetime | None, datetime | None]:
    """The window as `dataStartTime` and `dataEndTime`: from the first day's midnight to the last day's last second.

    Never touches the next day: daily analytics round a window outward to whole days and sum them. Only reports of whole hours
    end with the next midnight, because the last hour would be cut otherwise.
    A snapshot ignores dates and gets none (`snapshot_start`), and some types have their window in the options (`option_window`).
    """
    if report.window.kind is WindowKind.SNAPSHOT or report.window.option_names:
        return None, None
    if report.window.bounds == "dates":  # the time of day is ignored: the written date must be the day's own
        return datetime.combine(start, time(), UTC), datetime.combine(end, time(23, 59, 59), UTC)
    last = timedelta() if report.window.bounds == "hours" else timedelta(seconds=1)
    return midnight(report, start, marketplace), midnight(report, end + DAY, marketplace) - last


def snapshot_start(report: Source, now: datetime) -> datetime | None:
    """The `dataStartTime` of a snapshot that needs one: it must lie `span_hours` back, although the content is of now."""
    if not report.window.span_hours or report.window.option_names:
        return None
    return now - timedelta(hours=report.window.span_hours)


def option_window(report: Source, start: date, end: date, now: datetime) -> dict[str, str]:
    """The window as options, for types that want it there; a snapshot's reaches `span_hours` back from its day.

    Amazon selects coupons and promotions by these instants: the last day counts to its last second (UTC), and none is to come.
    """
    if report.window.option_names is None:
        return {}
    first, last = report.window.option_names
    begin = start - timedelta(hours=report.window.span_hours) if report.window.kind is WindowKind.SNAPSHOT else start
    until = min(datetime.combine(end, time(23, 59, 59), UTC), now.astimezone(UTC))
    return {first: f"{begin.isoformat()}T00:00:00Z", last: f"{until:%Y-%m-%dT%H:%M:%SZ}"}


def from_instants(
    report: Source, start: datetime | None, end: datetime | None, created: datetime, marketplace: str | None
) -> tuple[date, date] | None:
    """The whole days a report made by others covers, or None if its window cuts a day: part of a day is not a day.

    A snapshot is of the day it was made; a settlement's own document names its dates, here its window is only a hint.
    """
    here = UTC if report.window.bounds == "dates" else zone(report, marketplace)
    made = created.astimezone(here).date()
    if report.window.kind is WindowKind.SNAPSHOT:
        return made, made
    if report.window.kind is WindowKind.HARVEST:
        return (start or created).astimezone(here).date(), (end or created).astimezone(here).date()
    if start is None or end is None:
        return None
    if report.window.bounds == "dates":
        here = UTC
    first, last = start.astimezone(here), end.astimezone(here)
    tail = last + timedelta(seconds=1) if last.time().replace(microsecond=0) == time(23, 59, 59) else last
    if first.time() != time() or tail.time().replace(microsecond=0) != time():
        return None
    days = first.date(), tail.date() - DAY
    return days if days[0] <= days[1] < made else None
