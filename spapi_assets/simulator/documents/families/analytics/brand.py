"""What Brand Analytics reports share: one marketplace, a required period, publication two days after it closed, the head.
Each report's own rows are in its module."""

from __future__ import annotations

from typing import Any

from ....business.demand import LAUNCH
from ....business.marketplaces import Marketplace
from ....business.search import asins
from ...model import BadRequest, NoData, Request
from ...periods import Period, require_published, whole_periods

PUBLISHED_AFTER = 48 * 3_600
MOST_CHARACTERS = 200  # of an option that lists ASINs


def periods_of(request: Request, allowed: tuple[str, ...], *, only_one: bool = False) -> tuple[Marketplace, str, list[Period]]:
    """The marketplace, the reporting period, and the whole, published periods of the window."""
    m = request.one_marketplace()
    if not request.options.get("reportPeriod"):
        raise BadRequest("This report type requires the reportPeriod reportOption to be specified")
    period = request.option("reportPeriod", allowed, "")
    found = whole_periods(request, period, only_one=only_one)
    require_published(request, m, found[-1][1], PUBLISHED_AFTER)
    if found[-1][1] < LAUNCH:
        raise NoData("The brand sold nothing in the period.")
    return m, period, found


def head(request: Request, m: Marketplace, options: dict[str, str], found: list[Period]) -> dict[str, Any]:
    """The specification of the document."""
    return {
        "reportType": request.report_type,
        "reportOptions": options,
        "dataStartTime": found[0][0].isoformat(),
        "dataEndTime": found[-1][1].isoformat(),
        "marketplaceIds": [m.id],
    }


def asins_of(request: Request, option: str) -> list[str]:
    """The ASINs that an option lists; BadRequest unless they are the brand's own."""
    text = request.options.get(option, "")
    if len(text) > MOST_CHARACTERS:
        raise BadRequest(f"The {option} reportOption is {len(text)} characters long; at most {MOST_CHARACTERS} are allowed.")
    found = text.split()
    own = asins()
    if foreign := [asin for asin in found if asin not in own]:
        raise BadRequest(f"The {option} reportOption names ASINs that the brand does not own: {', '.join(foreign)}.")
    return list(dict.fromkeys(found))
