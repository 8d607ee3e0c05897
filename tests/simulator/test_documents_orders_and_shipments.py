"""Reports on shipments and on the seller's own orders: Amazon's columns, the orders behind them, and who may be named."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import BadRequest, NoData

from .kestrel import BY_ORDER_DATE, ask, codec_of, table

BUSINESS = Business()
GENERAL = "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL"
INVOICING, TAX = "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_INVOICING", "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_TAX"
ARCHIVED = "GET_FLAT_FILE_ARCHIVED_ORDERS_DATA_BY_ORDER_DATE"
ACTIONABLE = "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING"
SHIPPING = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
OCTOBER = ("2026-10-01", "2026-11-01")
PERSONAL = {
    "buyer-email",
    "buyer-name",
    "buyer-phone-number",
    "recipient-name",
    "ship-address-1",
    "ship-phone-number",
    "bill-city",
}


def rows(report_type: str, code: str, span: tuple[str, str] = OCTOBER, **options: str) -> list[dict[str, str]]:
    return table(ask(BUSINESS, report_type, [code], *span, options=options))


@pytest.mark.parametrize(
    ("report_type", "span"), [(GENERAL, OCTOBER), (ARCHIVED, ("2023-10-01", "2023-10-08")), (ACTIONABLE, OCTOBER)]
)
def test_headers_are_the_fact_sheet_s(amazon_reference: Path, report_type: str, span: tuple[str, str]) -> None:
    text = (amazon_reference.parent / "spapi_appendix_flatfile_headers.txt").read_text()
    known = re.search(rf"^{report_type} \(\d+\): (.*)$", text, re.MULTILINE)
    assert known is not None
    document = ask(BUSINESS, report_type, ["DE"], *span)
    assert document.body.decode(codec_of(document)).split("\r\n")[0].split("\t") == known.group(1).split(", ")


@pytest.mark.parametrize("code", ["DE", "US", "JP"])
def test_every_shipped_line_is_an_order_s_line_at_the_same_price(code: str) -> None:
    ordered: Counter = Counter()
    for row in rows(BY_ORDER_DATE, code):
        if row["order-status"] == "Shipped" and row["fulfillment-channel"] == "Amazon":
            ordered[row["amazon-order-id"], row["sku"], row["quantity"], row["item-price"], row["item-tax"]] += 1
    shipped: Counter = Counter()
    found = rows(GENERAL, code)
    for row in found:
        shipped[row["amazon-order-id"], row["sku"], row["quantity-shipped"], row["item-price"], row["item-tax"]] += 1
        assert row["purchase-date"] < row["shipment-date"] < row["reporting-date"]
    assert sum((ordered - shipped).values()) < 0.06 * len(found), "bought in October, shipped later"
    early = [row for row in found if row["purchase-date"] < "2026-10-01"]
    assert sum((shipped - ordered).values()) == len(early)
    assert len({r["shipment-item-id"] for r in found}) == len(found)
    per_unit: Counter = Counter()
    for row in rows("GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA", code):
        per_unit[row["amazon-order-id"], row["sku"], row["quantity"]] += 1
    assert per_unit == Counter((r["amazon-order-id"], r["sku"], r["quantity-shipped"]) for r in found)


def test_personal_data_are_in_the_restricted_types_only() -> None:
    general, invoicing = rows(GENERAL, "DE"), rows(INVOICING, "DE")
    assert list(general[0]) == list(invoicing[0])
    assert not any(row[column] for row in general for column in PERSONAL)
    assert all(row[column] for row in invoicing for column in PERSONAL)
    assert any("ü" in row["buyer-name"] for row in invoicing)
    assert [r["shipment-item-id"] for r in general] == [r["shipment-item-id"] for r in invoicing]
    assert all(row["recipient-name"] for row in rows(TAX, "US"))
    for report_type, code in ((INVOICING, "US"), (TAX, "DE"), (INVOICING, "JP")):
        with pytest.raises(BadRequest, match="not supported in the marketplace"):
            rows(report_type, code)


def test_windows_longer_than_a_month_or_sixty_days_are_refused() -> None:
    with pytest.raises(BadRequest, match="Date range exceeded"):
        rows(GENERAL, "DE", ("2026-09-01", "2026-11-01"))
    assert rows(SHIPPING, "DE", ("2026-09-03", "2026-11-01"))
    with pytest.raises(BadRequest, match="at most 60 days"):
        rows(SHIPPING, "DE", ("2026-08-01", "2026-11-01"))


def test_a_shipment_is_reported_some_hours_after_it_left() -> None:
    now = datetime(2026, 10, 10, 12, tzinfo=UTC)
    fresh = table(ask(BUSINESS, GENERAL, ["DE"], "2026-10-10", "2026-10-11", now=now))
    assert all(row["reporting-date"] <= now.isoformat() for row in fresh)
    later = rows(GENERAL, "DE", ("2026-10-10", "2026-10-10T12:00:00"))
    assert {r["shipment-item-id"] for r in fresh} < {r["shipment-item-id"] for r in later}


def test_archived_orders_are_older_than_two_years() -> None:
    assert all(r["purchase-date"] < "2024-11-24" for r in rows(ARCHIVED, "UK", ("2024-11-20", "2024-11-30")))
    with pytest.raises(NoData):
        rows(ARCHIVED, "UK")


def test_unshipped_and_pending_orders_are_the_seller_s_own_that_wait() -> None:
    now = datetime(2026, 10, 14, 9, tzinfo=UTC)
    waiting = table(ask(BUSINESS, ACTIONABLE, ["DE"], "2026-09-06", "2026-10-14", now=now, options={"ShowSalesChannel": "true"}))
    orders = {
        r["amazon-order-id"]: r
        for r in table(ask(BUSINESS, BY_ORDER_DATE, ["DE"], "2026-10-01", "2026-10-14T09:00", now=now))
        if r["fulfillment-channel"] == "Merchant"
    }
    pending = {k for k, r in orders.items() if r["order-status"] == "Pending"}
    assert {r["order-id"] for r in waiting} <= pending
    assert {r["sales-channel"] for r in waiting} == {"Amazon.de"}
    assert all(int(r["quantity-to-ship"]) == int(r["quantity-purchased"]) and r["recipient-name"] for r in waiting)
    sent = rows(SHIPPING, "DE", ("2026-10-01", "2026-10-14"))
    assert {r["order-id"] for r in sent} <= set(orders)
    assert "sales-channel" not in sent[0]
    assert list(rows(SHIPPING, "DE", ShowSalesChannel="true")[0])[-1] == "sales-channel"


def test_orders_are_pending_for_some_hours_in_japan_only() -> None:
    own = next(r for r in rows(BY_ORDER_DATE, "JP") if r["fulfillment-channel"] == "Merchant")
    bought = datetime.fromisoformat(own["purchase-date"])
    for report_type in ("GET_FLAT_FILE_PENDING_ORDERS_DATA", "GET_CONVERGED_FLAT_FILE_PENDING_ORDERS_DATA"):
        found = table(ask(BUSINESS, report_type, ["JP"], *OCTOBER, now=bought + timedelta(hours=1)))
        assert own["amazon-order-id"] in {r["order-id"] for r in found}
        assert not PERSONAL & set(found[0])
        assert not any("price" in column for column in found[0])
        with pytest.raises(NoData):
            ask(BUSINESS, report_type, ["JP"], *OCTOBER, now=bought + timedelta(hours=5))
        with pytest.raises(NoData, match="has no data in US"):
            rows(report_type, "US")
