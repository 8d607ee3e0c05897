"""From a report request to its document, also of reports that exist without a request (listing.py says which those are).
Checks what all types share; each type's content is made in its own module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ..business.accounts import Account
from ..business.business import Business
from ..business.marketplaces import BY_ID, Marketplace
from .families import RENDERERS
from .listing import listed
from .model import BadRequest, Document, ListedReport, Request

__all__ = ["REPORT_TYPES", "listed", "render", "render_listed"]

# Report type -> (seller, vendor or either may have it, how it is rendered).
REPORT_TYPES: dict[str, tuple[str, Callable[[Request], Document]]] = dict(RENDERERS)


def render(
    business: Business,
    *,
    selling_partner_id: str,
    report_type: str,
    marketplace_ids: Sequence[str],
    options: Mapping[str, str] | None,
    start: datetime,
    end: datetime,
    now: datetime,
) -> Document:
    """The document of a report as it would be at `now`.

    Dates of daily reports are read in the offset that `start` and `end` carry. Raises NoData, NotAvailableYet or BadRequest.
    """
    account = business.account(selling_partner_id)
    if report_type not in REPORT_TYPES:
        raise BadRequest(f"The simulated business has no report type {report_type}. It has: {', '.join(REPORT_TYPES)}.")
    kind, make = REPORT_TYPES[report_type]
    if kind not in ("either", account.kind):
        raise BadRequest(f"{report_type} is a {kind} report; {selling_partner_id} is a {account.kind} account.")
    marketplaces = _marketplaces(account, marketplace_ids)
    return make(Request(business, account, report_type, marketplaces, dict(options or {}), start, end, now))


def _marketplaces(account: Account, ids: Sequence[str]) -> tuple[Marketplace, ...]:
    found = tuple(BY_ID[i] for i in ids if i in BY_ID)
    if not ids or len(found) < len(ids) or not all(m in account.marketplaces for m in found):
        raise BadRequest(
            f"The marketplaceIds {', '.join(ids) or '(none)'} are not all marketplaces of {account.selling_partner_id}, "
            f"which has {', '.join(m.id for m in account.marketplaces)}."
        )
    return found


def render_listed(business: Business, selling_partner_id: str, report: ListedReport) -> Document:
    """The document of a listed report: the knowledge of its creation, whenever it is downloaded."""
    return render(
        business,
        selling_partner_id=selling_partner_id,
        report_type=report.report_type,
        marketplace_ids=report.marketplace_ids,
        options=report.options,
        start=report.start,
        end=report.end,
        now=report.created,
    )
