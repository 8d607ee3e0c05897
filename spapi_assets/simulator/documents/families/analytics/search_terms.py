"""GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT as JSON after Amazon's schema: the three most clicked ASINs of each search term.
It covers the whole marketplace, not the brand: most terms and ASINs are of others; at Amazon it has gigabytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....business.marketplaces import Marketplace
from ....business.queries import DEPARTMENTS, competitor_asin, foreign_term
from ....business.search import SearchFacts, search_facts
from ....business.seeds import unit
from ...json_document import fraction, json_document
from ...model import Document, Request
from .brand import head, periods_of

_FOREIGN_TERMS = 300
Click = tuple[str, float, float]  # ASIN, click share, conversion share


def render(request: Request) -> Document:
    """Rows by department, rank of the term and rank of the ASIN; no row holds a date."""
    m, period, found = periods_of(request, ("DAY", "WEEK", "MONTH", "QUARTER"), only_one=True)
    facts = search_facts(request.business, request.account, m, *found[0], request.now.timestamp())
    ours = {query: float(facts.volume(query)) for query, whole in facts.whole.items() if whole.clicks}
    most = max(ours.values(), default=50.0)
    day = found[0][0].toordinal()
    others = {
        foreign_term(n): most * 40 * (0.8 + 0.4 * unit(0, "term", m.code, n, day)) / (n + 1) ** 0.8
        for n in range(round(_FOREIGN_TERMS * max(1.0, request.business.scale)))
    }
    rows = []
    for department, terms in ((m.sales_channel, {**others, **ours}), (DEPARTMENTS[m.language], ours)):
        ranked = sorted(terms.items(), key=lambda pair: (-pair[1], pair[0]))
        for rank, (term, _) in enumerate(ranked, start=1):
            clicks = sorted(_clicks(term, m, facts, day), key=lambda click: (-click[1], click[0]))[:3]
            rows += [_row(department, term, rank, n, click) for n, click in enumerate(clicks, start=1)]
    return json_document(
        {"reportSpecification": head(request, m, {"reportPeriod": period}, found), "dataByDepartmentAndSearchTerm": rows}
    )


def _row(department: str, term: str, rank: int, click_rank: int, click: Click) -> dict[str, Any]:
    asin, share, conversion = click
    return {
        "departmentName": department,
        "searchTerm": term,
        "searchFrequencyRank": rank,
        "clickedAsin": asin,
        "clickShareRank": click_rank,
        "clickShare": share,
        "conversionShare": conversion,
    }


def _clicks(term: str, m: Marketplace, facts: SearchFacts, day: int) -> Iterator[Click]:
    """What customers clicked on after a term: Kestrel's goods by their true shares, and three things of somebody else."""
    left = 1.0
    if whole := facts.whole.get(term):
        for (asin, query), own in facts.own.items():
            if query == term and own.clicks:
                share = fraction(own.clicks, whole.clicks)
                left -= share
                yield asin, share, fraction(own.purchases, whole.purchases)
    for n in range(3):
        draw = unit(0, "competitor clicks", m.code, term, n, day)
        yield (
            competitor_asin(m, term, n),
            round(max(0.0, left) * (0.06 + 0.1 * draw) / (n + 1), 4),
            round(0.12 * draw / (n + 1), 4),
        )
