"""Whole reporting periods (DAY, WEEK from Sunday to Saturday, MONTH, QUARTER, YEAR) as the analytics reports demand them.
Which report knows which periods, and when they are published, is said by each report."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta

from ..business.marketplaces import Marketplace, day_bounds
from .model import BadRequest, NotAvailableYet, Request

# The text that Amazon's reason documents were seen to hold (fact sheet, section 2).
NOT_YET = "The requested data is unavailable. The report data for the requested date range is not yet available"
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
Period = tuple[date, date]


def first_of_period(period: str, day: date) -> date:
    """The first day of the period that holds the day."""
    if period == "DAY":
        return day
    if period == "WEEK":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    return date(day.year, day.month - (day.month - 1) % _MONTHS[period], 1)


def last_of_period(period: str, day: date) -> date:
    """The last day of the period that holds the day."""
    first = first_of_period(period, day)
    if period == "DAY":
        return first
    if period == "WEEK":
        return first + timedelta(days=6)
    month = first.month + _MONTHS[period] - 1
    return date(first.year, month, calendar.monthrange(first.year, month)[1])


def window(request: Request) -> Period:
    """The first and last day asked for; their times of day are ignored, as Amazon ignores them."""
    first, last = request.start.date(), request.end.date()
    if last < first:
        raise BadRequest("dataEndTime is before dataStartTime.")
    return first, last


def whole_periods(request: Request, period: str, *, only_one: bool = False) -> list[Period]:
    """The periods of the window; BadRequest unless the window is exactly whole periods (or one, where a type knows only one)."""
    first, last = window(request)
    found = list(_split(period, first, last))
    if only_one and len(found) > 1:
        raise BadRequest(
            f"The dataStartTime {first} and dataEndTime {last} span {len(found)} reporting periods; only one is allowed."
        )
    return found


def _split(period: str, first: date, last: date) -> Iterator[Period]:
    start = first
    while start <= last:
        end = last_of_period(period, start)
        if first_of_period(period, start) != start or end > last:
            raise BadRequest(
                f"The dataStartTime {first} and dataEndTime {last} do not align with the reportPeriod {period}: "
                "the dates must be the first and the last day of whole periods."
            )
        yield start, end
        start = end + timedelta(days=1)


def require_published(request: Request, marketplace: Marketplace, last: date, seconds: float) -> None:
    """NotAvailableYet until so many seconds after the marketplace's last day has closed."""
    if day_bounds(marketplace.zone, last)[1] + seconds > request.now.timestamp():
        raise NotAvailableYet(NOT_YET)


def days_of(period: Period) -> Iterator[date]:
    """Every day of a period."""
    for offset in range((period[1] - period[0]).days + 1):
        yield period[0] + timedelta(days=offset)


def dates_of(period: Period) -> dict[str, str]:
    """The two members that date a row."""
    return {"startDate": period[0].isoformat(), "endDate": period[1].isoformat()}
