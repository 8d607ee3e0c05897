"""GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE, the older layout of settlements: one column for each kind of amount.
The same amounts as in settlement.py; Amazon stopped making it on 2026-11-11."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ....business.marketplaces import Marketplace, utc
from ....business.settlements import Entry, Period, entries, find
from ...flat import Cells, money, named_file
from ...model import BadRequest, Document, Request

HEADER = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
    "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id", "marketplace-name", "shipment-fee-type",
    "shipment-fee-amount", "order-fee-type", "order-fee-amount", "fulfillment-id", "posted-date", "order-item-code",
    "merchant-order-item-id", "merchant-adjustment-item-id", "sku", "quantity-purchased", "price-type", "price-amount",
    "item-related-fee-type", "item-related-fee-amount", "misc-fee-amount", "other-fee-amount", "other-fee-reason-description",
    "promotion-id", "promotion-type", "promotion-amount", "direct-payment-type", "direct-payment-amount", "other-amount",
)  # fmt: skip
REMOVED = datetime(2026, 11, 11, tzinfo=UTC)


def render(request: Request) -> Document:
    """The settlement that begins at the request's start."""
    m = request.one_marketplace()
    period = find(request.business, request.account, m, request.start)
    if period is None:
        raise BadRequest(f"No settlement of {m.sales_channel} begins at {request.start.isoformat()}.")
    return named_file(HEADER, _rows(period, entries(request.business, period)), m)


def _rows(period: Period, found: list[Entry]) -> Iterator[Cells]:
    m = period.marketplace
    yield {
        "settlement-id": period.id, "settlement-start-date": _time(m, period.start), "settlement-end-date": _time(m, period.end),
        "deposit-date": _time(m, period.deposit), "total-amount": money(sum(e.amount for e in found), m.digits, m.decimal),
        "currency": m.currency,
    }  # fmt: skip
    for e in found:
        yield {"settlement-id": period.id, "posted-date": _time(m, e.posted), **_amount(e, m), **_cause(e, m)}


def _time(m: Marketplace, instant: int) -> str:
    return utc(instant).strftime(f"{m.date_format} %H:%M:%S UTC")


def _amount(e: Entry, m: Marketplace) -> dict[str, str | int]:
    """The amount stands in the column of its kind."""
    amount = money(e.amount, m.digits, m.decimal)
    if e.amount_type == "ItemPrice":
        return {"transaction-type": e.type, "price-type": e.description, "price-amount": amount}
    if e.amount_type in ("ItemFees", "ItemWithheldTax"):
        return {"transaction-type": e.type, "item-related-fee-type": e.description, "item-related-fee-amount": amount}
    if e.amount_type == "Promotion":
        return {
            "transaction-type": e.type, "promotion-id": e.promotion_id, "promotion-type": e.description,
            "promotion-amount": amount,
        }  # fmt: skip
    return {"transaction-type": e.description, "other-fee-reason-description": e.amount_type, "other-amount": amount}


def _cause(e: Entry, m: Marketplace) -> dict[str, str | int]:
    line, order = e.line, e.order
    cells: dict[str, str | int] = {"sku": e.product.sku} if e.product else {}
    if order and line:
        refund = e.type == "Refund"
        cells |= {
            "order-id": order.id, "merchant-order-id": order.id, "marketplace-name": m.sales_channel, "sku": line.product.sku,
            "fulfillment-id": "AFN" if line.product.fba else "MFN", "order-item-code": line.item_code,
            "adjustment-id": f"A{line.item_code[:11]}" if refund else "",
            "shipment-id": "" if refund else f"S{line.item_code[-9:]}",
            "merchant-adjustment-item-id": f"R{line.item_code[-10:]}" if refund else "", "quantity-purchased": e.units or "",
        }  # fmt: skip
    return cells
