"""What vendor analytics share: options, the one marketplace, whole published periods, the specification, sums over days.
Each report's own measures are in its module."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from ....business.marketplaces import Marketplace
from ...model import BadRequest, Request
from ...periods import Period, require_published, whole_periods

PERIODS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
VIEWS = ("MANUFACTURING", "SOURCING")
PUBLISHED_AFTER = 72 * 3_600


def require_options(request: Request, *names: str) -> None:
    """BadRequest in Amazon's words unless all options are there."""
    if not all(request.options.get(name) for name in names):
        raise BadRequest(f"This report type requires the {', '.join(names)} reportOption to be specified")


def periods_of(
    request: Request, marketplace: Marketplace, *, oldest: Mapping[str, date] | None = None
) -> tuple[str, list[Period]]:
    """The reporting period and the whole, published periods of the window."""
    period = request.option("reportPeriod", PERIODS, "")
    found = whole_periods(request, period)
    if oldest and period in oldest and found[0][0] < oldest[period]:
        raise BadRequest(
            f"The dataStartTime {found[0][0]} is too far in the past for the reportPeriod {period}: "
            f"the earliest date available is {oldest[period]}."
        )
    require_published(request, marketplace, found[-1][1], PUBLISHED_AFTER)
    return period, found


def specification(request: Request, marketplace: Marketplace, options: dict[str, str], found: list[Period]) -> dict[str, Any]:
    """The head of the document; `lastUpdatedDate` is the only trace of its version."""
    return {
        "reportType": request.report_type,
        "reportOptions": options,
        "lastUpdatedDate": request.now.astimezone(marketplace.tz).date().isoformat(),
        "dataStartTime": found[0][0].isoformat(),
        "dataEndTime": found[-1][1].isoformat(),
        "marketplaceIds": [marketplace.id],
    }


def full_hours(start: datetime, end: datetime) -> list[datetime]:
    """The beginnings of the full hours inside [start, end]."""
    first = start.replace(minute=0, second=0, microsecond=0)
    if first < start:
        first += timedelta(hours=1)
    count = int((end - first).total_seconds() // 3600)
    return [first + timedelta(hours=n) for n in range(max(0, count))]
