"""Periods that lie wholly inside a window, as Data Kiosk cuts them: the opposite of the sales and traffic report, whose weeks and
months grow outward. The reports' own periods are in periods.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from .periods import Period, first_of_period, last_of_period


def inside(granularity: str, first: date, last: date) -> Iterator[Period]:
    """Days, weeks (Sunday to Saturday) or months from the first that begins in the window to the last that ends in it."""
    start = first
    if granularity != "DAY" and first_of_period(granularity, first) != first:
        start = last_of_period(granularity, first) + timedelta(days=1)
    while (end := last_of_period(granularity, start)) <= last:
        yield start, end
        start = end + timedelta(days=1)
