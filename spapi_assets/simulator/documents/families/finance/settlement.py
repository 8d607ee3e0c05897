"""GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2: one settlement, its total in the first row, every amount in a row after it.
Numbers and dates are in the marketplace's own format (`95,00` and `01.11.2026` in Germany)."""

from __future__ import annotations

from collections.abc import Iterator

from ....business.marketplaces import Marketplace, utc
from ....business.settlements import Entry, Period, entries, find
from ...flat import flat_file, money
from ...model import BadRequest, Document, NoData, Request

HEADER = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
    "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id", "marketplace-name", "amount-type",
    "amount-description", "amount", "fulfillment-id", "posted-date", "posted-date-time", "order-item-code",
    "merchant-order-item-id", "merchant-adjustment-item-id", "sku", "quantity-purchased", "promotion-id",
)  # fmt: skip


def render(request: Request) -> Document:
    """The settlement that begins at the request's start. Settlements cannot be asked for; the server lists them."""
    marketplace = request.one_marketplace()
    period = find(request.business, request.account, marketplace, request.start)
    if period is None:
        raise BadRequest(
            f"No settlement of {marketplace.sales_channel} begins at {request.start.isoformat()}; "
            "settlements are listed, not requested."
        )
    found = entries(request.business, period)
    if not found:
        raise NoData("Nothing was settled in the period.")
    return flat_file(HEADER, _rows(period, found), marketplace)


def _time(m: Marketplace, instant: int) -> str:
    return utc(instant).strftime(f"{m.date_format} %H:%M:%S UTC")


def _rows(period: Period, found: list[Entry]) -> Iterator[tuple[str, ...]]:
    m = period.marketplace
    total = money(sum(e.amount for e in found), m.digits, m.decimal)
    yield (period.id, _time(m, period.start), _time(m, period.end), _time(m, period.deposit), total, m.currency, *[""] * 18)
    for e in found:
        order, line = e.order, e.line
        product = line.product if line else e.product
        refund = e.type == "Refund" and line is not None
        yield (
            period.id,
            "",
            "",
            "",
            "",
            "",
            e.type,
            order.id if order else "",
            order.id if order else "",
            f"A{line.item_code[:11]}" if refund and line else "",
            f"S{line.item_code[-9:]}" if line and not refund else "",
            m.sales_channel if order else "",
            e.amount_type,
            e.description,
            money(e.amount, m.digits, m.decimal),
            ("AFN" if line.product.fba else "MFN") if line else "",
            utc(e.posted).strftime(m.date_format),
            _time(m, e.posted),
            line.item_code if line else "",
            "",
            f"R{line.item_code[-10:]}" if refund and line else "",
            product.sku if product else "",
            str(e.units) if e.units else "",
            e.promotion_id,
        )
