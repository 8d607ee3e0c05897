"""From a report request to its document, and the reports that exist without a request.
Checks what all types share; each type's content is made in its own module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ..business.accounts import Account
from ..business.business import Business
from ..business.demand import LAUNCH
from ..business.marketplaces import BY_ID, Marketplace
from ..business.seeds import derive
from ..business.settlements import periods
from .families import RENDERERS
from .model import BadRequest, Document, ListedReport, Request

SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
FBA_INVENTORY = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"

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


def listed(
    business: Business, selling_partner_id: str, report_types: Iterable[str], since: datetime, until: datetime
) -> list[ListedReport]:
    """Reports created in [since, until) that nobody asked for through the API, oldest first.

    Settlements of every marketplace, and the FBA inventory snapshots that another application makes of each stock pool at
    05:00 UTC every day. Amazon keeps reports for 90 days; the caller bounds `since`.
    """
    account = business.account(selling_partner_id)
    wanted = set(report_types)
    found: list[ListedReport] = []
    if account.kind == "seller":
        if SETTLEMENT in wanted:
            found += _settlements(business, account, since, until)
        if FBA_INVENTORY in wanted:
            found += _snapshots(business, account, since, until)
    return sorted(found, key=lambda r: (r.created, r.report_id))


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


def _report_id(business: Business, account: Account, *parts: str | int) -> str:
    return str(50_000_000_000 + derive(business.seed, "report", account.index, *parts) % 40_000_000_000)


def _settlements(business: Business, account: Account, since: datetime, until: datetime) -> Iterator[ListedReport]:
    for m in account.marketplaces:
        for p in periods(business, account, m, since.timestamp(), until.timestamp()):
            start, end, created = (datetime.fromtimestamp(t, tz=UTC) for t in (p.start, p.end, p.created))
            yield ListedReport(_report_id(business, account, "settlement", p.id), SETTLEMENT, (m.id,), start, end, created)


def _snapshots(business: Business, account: Account, since: datetime, until: datetime) -> Iterator[ListedReport]:
    day = max(since.astimezone(UTC).date(), LAUNCH)
    while (created := datetime(day.year, day.month, day.day, 5, tzinfo=UTC)) < until:
        if created >= since:
            for m in {m.pool: m for m in reversed(account.marketplaces)}.values():  # the first marketplace of each stock pool
                id_ = _report_id(business, account, "snapshot", m.code, day.toordinal())
                yield ListedReport(id_, FBA_INVENTORY, (m.id,), created, created, created)
        day += timedelta(days=1)
