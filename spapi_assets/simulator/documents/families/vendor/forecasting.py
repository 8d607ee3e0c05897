"""GET_VENDOR_FORECASTING_REPORT as JSON after Amazon's schema vendorForecastingReport: a weekly snapshot without dates.
A forecast is made on Sunday and holds until the next one, whoever asks and whenever."""

from __future__ import annotations

from datetime import timedelta

from ....business.vendor import ASSORTMENT
from ....business.vendor_stock import forecast
from ...json_document import json_document
from ...model import Document, NoData, Request
from ...periods import first_of_period
from .common import require_options

WEEKS = 26
_NAMES = ("meanForecastUnits", "p70ForecastUnits", "p80ForecastUnits", "p90ForecastUnits")


def render(request: Request) -> Document:
    """The coming weeks of every product, the current one first."""
    m = request.one_marketplace()
    require_options(request, "sellingProgram")
    program = request.option("sellingProgram", ("RETAIL", "FRESH"), "")
    if program == "FRESH":
        raise NoData("The vendor group sells nothing in this selling program.")
    made = first_of_period("WEEK", request.now.astimezone(m.tz).date())
    business = request.business
    rows = []
    for product in ASSORTMENT:
        for week in range(WEEKS):
            start = made + timedelta(weeks=week)
            found = forecast(business.seed, request.account, m, product, start, made, business.scale)
            rows.append(
                {
                    "forecastGenerationDate": made.isoformat(),
                    "asin": product.asin,
                    "startDate": start.isoformat(),
                    "endDate": (start + timedelta(days=6)).isoformat(),
                    **{name: round(value, 2) for name, value in zip(_NAMES, found, strict=True)},
                }
            )
    return json_document(
        {
            "reportSpecification": {
                "reportType": request.report_type,
                "reportOptions": {"sellingProgram": program},
                "lastUpdatedDate": made.isoformat(),
                "marketplaceIds": [m.id],
            },
            "forecastByAsin": rows,
        }
    )
