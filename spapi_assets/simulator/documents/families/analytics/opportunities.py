"""The two B2B product opportunity reports as JSON after Amazon's schemas: goods that business customers look for.
Snapshots that change weekly; members that Amazon does not know of a product are left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ....business.catalog import LINES
from ....business.marketplaces import Marketplace
from ....business.queries import DEPARTMENTS, competitor_asin, queries
from ....business.seeds import derive
from ...json_document import amount, json_document
from ...model import Document, Request
from ...periods import first_of_period

_LEVELS = ("HIGH", "MEDIUM", "LOW")
_INDUSTRIES = ("Construction", "Healthcare", "Education", "Hospitality")


def recommended(request: Request) -> Document:
    """Products that are on Amazon and that the seller might offer."""
    m, week = request.marketplaces[0], first_of_period("WEEK", request.now.date()).toordinal()
    rows = []
    for line in LINES:
        for n, query in enumerate(queries(m.language, line)[:2]):
            draw = derive(request.business.seed, "recommended", m.code, query, week)
            asin = competitor_asin(m, query, n)
            row: dict[str, Any] = {
                "asin": asin,
                "itemName": f"{query.title()} | Pro {draw % 900}",
                "link": f"https://www.{m.sales_channel.lower()}/dp/{asin}/ref_=mbop",
                "brand": f"NORDHAUS {draw % 7}",
                "category": DEPARTMENTS[m.language],
                "hasFBAOffer": draw % 3 > 0,
                "offerCount": draw % 17,
                "hasAmazonOffer": draw % 5 == 0,
                "hasOfferWithVatInvoiceGeneration": m.region == "eu" and draw % 2 == 0,
                "reviewCount": draw % 2_400,
                "b2bSalesRank": 1 + draw % 90_000,
                "b2bSalesRankGrowth": _LEVELS[draw % 3],
                "pageViews": _LEVELS[draw // 3 % 3],
                "isBrandYouOffer": False,
                "isCategoryYouOffer": True,
                "productPerformance": f"TIER_{1 + draw % 3}",
                "isProductOnAmazon": True,
            }
            if draw % 4:
                row |= {"lowestPriceInTheLastWeek": _price(draw, m), "subCategory": query}
            rows.append(row | _codes(draw))
    return json_document({"recommendations": rows})


def not_yet(request: Request) -> Document:
    """Products that business customers asked for and that nobody sells on Amazon."""
    m, sunday = request.marketplaces[0], first_of_period("WEEK", request.now.date())
    rows = []
    for line in LINES:
        draw = derive(request.business.seed, "not yet", m.code, line, sunday.toordinal())
        asked = sunday - timedelta(days=1 + draw % 60)
        row: dict[str, Any] = {
            "itemName": f"{queries(m.language, line)[0].title()} (bulk {draw % 90 + 10})",
            "brand": f"NORDHAUS {draw % 7}",
            "category": DEPARTMENTS[m.language],
            "initialB2bBuyerRequestedDate": f"{asked} 00:00:00",
        }
        if draw % 3:
            row["initialB2bBuyerIndustry"] = _INDUSTRIES[draw % len(_INDUSTRIES)]
        rows.append(row | _codes(draw))
    return json_document({"recommendations": rows})


def _price(draw: int, m: Marketplace) -> dict[str, Any]:
    return amount(round((800 + draw % 9_000) / 100 * m.per_euro * 10**m.digits), m)


def _codes(draw: int) -> dict[str, str]:
    """Identifiers, all of them text: leading zeros count."""
    codes = {"partNumber": f"{draw % 10**5:05d}", "ean": f"{draw // 3 % 10**13:013d}"}
    if draw % 2:
        codes |= {"upc": f"{draw // 7 % 10**12:012d}", "modelNumber": f"M-{draw % 999}"}
    return codes
