"""What many report types share: where they exist, how long a window may be, which days and months it covers.
Each refusal is what Amazon's report would end with; which type follows which rule is said where it is rendered."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from ..business.accounts import Account
from ..business.marketplaces import Marketplace, day_start, local_day
from .model import BadRequest, NoData, Request

EUROPE = frozenset({"DE", "UK", "FR", "IT", "ES"})
NORTH_AMERICA = frozenset({"US", "CA", "MX"})


def marketplaces_in(request: Request, codes: Collection[str]) -> tuple[Marketplace, ...]:
    """The requested marketplaces in which the report exists; elsewhere it has no data and is cancelled."""
    found = tuple(m for m in request.marketplaces if m.code in codes)
    if not found:
        raise NoData(f"{request.report_type} has no data in {', '.join(m.code for m in request.marketplaces)}.")
    return found


def only_in(request: Request, codes: Collection[str]) -> tuple[Marketplace, ...]:
    """The requested marketplaces; FATAL if the report type is not supported in one of them."""
    wrong = [m.sales_channel for m in request.marketplaces if m.code not in codes]
    if wrong:
        raise BadRequest(f"The report type {request.report_type} is not supported in the marketplace {', '.join(wrong)}.")
    return request.marketplaces


def longest(request: Request, days: int) -> None:
    """Refuse windows that span more than `days`; an odd day more is let through, as dates may be inclusive."""
    if request.end - request.start > timedelta(days=days + 1):
        raise BadRequest(f"Date range exceeded. The dates of {request.report_type} may span at most {days} days.")


def window(request: Request) -> tuple[float, float]:
    """The window's first instant and the one after its last, nothing of the future in it."""
    return request.start.timestamp(), min(after(request.end), request.now).timestamp()


def after(end: datetime) -> datetime:
    """The instant after the last one of a window that ends at `end`; `23:59:59` means that whole second."""
    return end + timedelta(seconds=1) if end.second == 59 and not end.microsecond else end


def dates(request: Request) -> tuple[date, date]:
    """First and last calendar day of the window, read in the offset that the dates carry. An end at the same time of day as
    the start is the instant after the last day, any other lies within it."""
    end = after(request.end)
    last = end.date()
    if end.timetz() == request.start.timetz() and end > request.start:
        last -= timedelta(days=1)
    return request.start.date(), max(request.start.date(), last)


def local_dates(request: Request, zone: str) -> tuple[date, date]:
    """First and last day of a store whose noon lies in the window: its own midnights bound exactly these days, and those of UTC
    name the same ones."""
    first, last = local_day(zone, request.start.timestamp()), local_day(zone, after(request.end).timestamp())
    if _noon(zone, first) < request.start.timestamp():
        first += timedelta(days=1)
    if _noon(zone, last) >= after(request.end).timestamp():
        last -= timedelta(days=1)
    return first, max(first, last)


def _noon(zone: str, day: date) -> float:
    return day_start(zone, day) + 43_200


def months(request: Request) -> Iterator[date]:
    """The first days of the calendar months that the window touches."""
    first, last = dates(request)
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def whole_month(request: Request) -> date:
    """The month that the window is; windows that are not exactly one calendar month are refused."""
    first, last = dates(request)
    month = first.replace(day=1)
    if first != month or last + timedelta(days=1) != next_month(month):
        raise BadRequest(f"The dates of {request.report_type} must be exactly one calendar month, not {first} to {last}.")
    return month


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def month_bounds(month: date) -> tuple[int, int]:
    """Epoch seconds of a month's first instant in UTC and of the next month's."""
    return day_start("UTC", month), day_start("UTC", next_month(month))


def pools(request: Request, marketplaces: Collection[Marketplace] | None = None) -> dict[str, Marketplace]:
    """The stock pools that the requested marketplaces sell from, each with the first marketplace that names it."""
    found: dict[str, Marketplace] = {}
    for m in request.marketplaces if marketplaces is None else marketplaces:
        found.setdefault(m.pool, m)
    return found


def first_of_pool(account: Account, pool: str) -> Marketplace:
    """The marketplace that Amazon charges for what a pool costs."""
    return next(m for m in account.marketplaces if m.pool == pool)
