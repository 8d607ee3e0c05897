"""Tax reports: every sale and refund is taxed once and to the cent, goods that cross a border are named, and months are whole."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import BadRequest, Document, NoData, NotAvailableYet

from .kestrel import NOW, ask, table

BUSINESS = Business()
VAT, CALCULATIONS = "GET_VAT_TRANSACTION_DATA", "SC_VAT_TAX_REPORT"
INVOICES = "GET_FLAT_FILE_VAT_INVOICE_DATA_REPORT"
SHIPMENTS = "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL"
OCTOBER = ("2026-10-01", "2026-11-01")
Row = dict[str, str]


def rows(report_type: str, code: str, span: tuple[str, str] = OCTOBER, now: datetime = NOW, **options: str) -> list[Row]:
    return table(ask(BUSINESS, report_type, [code], *span, now=now, options=options))


@cache
def october() -> list[Row]:
    """The VAT transactions of October, written once: they are thousands of long rows."""
    return rows(VAT, "DE")


def comma_separated(document: Document) -> list[Row]:
    assert document.content_type == "text/csv; charset=UTF-8"
    return list(csv.DictReader(io.StringIO(document.body.decode("utf-8"))))


def test_vat_transactions_name_every_shipment_of_all_european_stores_whatever_was_asked() -> None:
    found = october()
    assert found == rows(VAT, "UK", ("2026-10-05", "2026-10-20"))
    taxed: Counter = Counter()
    for row in found:
        if row["TRANSACTION_TYPE"] == "SALE" and row["SALES_CHANNEL"] == "AFN":
            taxed[row["TRANSACTION_EVENT_ID"], row["SELLER_SKU"]] += Decimal(row["TOTAL_ACTIVITY_VALUE_VAT_AMT"])
    shipped: Counter = Counter()
    for code in ("DE", "UK", "FR", "IT", "ES"):
        for row in rows(SHIPMENTS, code):
            shipped[row["amazon-order-id"], row["sku"]] += Decimal(row["item-tax"]) + Decimal(row["shipping-tax"])
    assert taxed == shipped
    assert len(taxed) > 2_000
    assert {r["ACTIVITY_PERIOD"] for r in found} == {"2026-OCT"}
    assert {r["TRANSACTION_CURRENCY_CODE"] for r in found if r["TRANSACTION_TYPE"] == "SALE"} == {"EUR", "GBP"}
    assert list(found[0]).index("ARRIVAL_COUNTRY") == 65, "the 66th column, as public readers count them"


def test_net_and_tax_are_gross_and_refunds_are_negative() -> None:
    for row in october():
        if row["TRANSACTION_TYPE"] in ("SALE", "REFUND"):
            net, tax, gross = (
                Decimal(row[f"TOTAL_ACTIVITY_VALUE_{kind}"]) for kind in ("AMT_VAT_EXCL", "VAT_AMT", "AMT_VAT_INCL")
            )
            parts = sum(Decimal(row[f"TOTAL_{item}_AMT_VAT_INCL"]) for item in ("PRICE_OF_ITEMS", "SHIP_CHARGE", "GIFT_WRAP"))
            assert net + tax == gross == parts
            assert (gross < 0) == (row["TRANSACTION_TYPE"] == "REFUND")


def test_goods_moved_between_countries_are_those_of_the_ledger() -> None:
    found = [r for r in october() if r["TRANSACTION_TYPE"] == "FC_TRANSFER"]
    assert all(r["DEPARTURE_COUNTRY"] != r["ARRIVAL_COUNTRY"] for r in found)
    arrived: Counter = Counter()
    for row in rows("GET_LEDGER_DETAIL_VIEW_DATA", "DE", eventType="WhseTransfers"):
        if int(row["Quantity"]) > 0 and row["Country"] != "DE":
            arrived[row["Reference ID"], row["MSKU"], row["Country"]] += int(row["Quantity"])
    assert Counter({(r["TRANSACTION_EVENT_ID"], r["SELLER_SKU"], r["ARRIVAL_COUNTRY"]): int(r["QTY"]) for r in found}) == arrived
    assert {"PL", "FR", "IT", "ES"} <= {r["ARRIVAL_COUNTRY"] for r in found}
    returns = [r for r in october() if r["TRANSACTION_TYPE"] == "RETURN"]
    assert returns
    assert not any(r["TOTAL_ACTIVITY_VALUE_AMT_VAT_INCL"] for r in returns)


def test_a_month_of_vat_is_had_from_the_third_of_the_next_on() -> None:
    with pytest.raises(NotAvailableYet, match="available from 2026-11-03"):
        rows(VAT, "DE", now=datetime(2026, 11, 2, 23, 59, tzinfo=UTC))
    assert rows(VAT, "DE", now=datetime(2026, 11, 3, tzinfo=UTC))
    with pytest.raises(BadRequest, match="within one calendar month"):
        rows(VAT, "DE", ("2026-09-15", "2026-10-15"))
    with pytest.raises(BadRequest, match="European marketplaces only"):
        rows(VAT, "US")


@pytest.mark.parametrize("code", ["DE", "UK"])
def test_tax_calculations_and_invoice_data_have_the_same_prices_and_their_own_windows(code: str) -> None:
    calculated = {
        r["Transaction ID"]: r for r in comma_separated(ask(BUSINESS, CALCULATIONS, [code], "2026-10-05", "2026-11-23"))
    }
    invoiced = {r["transaction-id"]: r for r in rows(INVOICES, code, ("2026-10-05", "2026-10-20"), all="true")}
    assert {r["order-date"][:10] for r in invoiced.values()} == {f"2026-10-{day:02d}" for day in range(5, 20)}
    assert set(invoiced) <= set(calculated)
    for key, row in invoiced.items():
        assert calculated[key]["OUR_PRICE Tax Inclusive Selling Price"] == row["item-vat-incl-amount"]
        assert calculated[key]["Transaction Type"] == row["transaction-type"]
        assert Decimal(row["item-vat-excl-amount"]) + Decimal(row["item-vat-amount"]) == Decimal(row["item-vat-incl-amount"])
    assert {"SHIPMENT", "REFUND"} == {r["transaction-type"] for r in invoiced.values()}
    assert all(r["buyer-name"] and r["recipient-name"] for r in invoiced.values())
    days = {r["Tax Calculation Date"] for r in comma_separated(ask(BUSINESS, CALCULATIONS, [code], "2026-10-05", "2026-10-08"))}
    assert days == {"05-Oct-2026 UTC", "06-Oct-2026 UTC", "07-Oct-2026 UTC"}


def test_invoice_data_are_pending_by_default_and_at_most_thirty_days_of_all() -> None:
    pending = rows(INVOICES, "DE", ("2026-08-25", "2026-11-23"))
    assert all(r["shipment-date"] > "2026-11-22" for r in pending)
    with pytest.raises(BadRequest, match="at most 30 days"):
        rows(INVOICES, "DE", ("2026-09-01", "2026-11-01"), all="true")


@pytest.mark.parametrize("report_type", [CALCULATIONS, INVOICES, "GET_EPR_MONTHLY_REPORTS"])
def test_european_reports_are_refused_elsewhere(report_type: str) -> None:
    for code in ("US", "JP", "IN"):
        with pytest.raises(BadRequest, match="not supported in the marketplace"):
            ask(BUSINESS, report_type, [code], *OCTOBER)


def test_business_and_private_buyers_of_india_are_all_buyers_and_tax_follows_the_states() -> None:
    span = ("2026-10-15", "2026-11-15")
    business = rows("GET_GST_MTR_B2B_CUSTOM", "IN", span)
    private = rows("GET_GST_MTR_B2C_CUSTOM", "IN", span)
    lines = Counter(
        r["Shipment Item Id"] for r in business + private if r["Transaction Type"] == "Shipment" and r["Warehouse Id"]
    )
    assert lines == Counter(r["shipment-item-id"] for r in rows(SHIPMENTS, "IN", span))
    for row in business + private:
        inside = row["Ship From State"] == row["Ship To State"]
        split = {name: Decimal(row[f"{name} Tax"]) + Decimal(row[f"Shipping {name} Tax"]) for name in ("Cgst", "Sgst", "Igst")}
        assert sum(split.values()) == Decimal(row["Total Tax Amount"])
        assert (split["Igst"] == 0) == inside
        assert Decimal(row["Tax Exclusive Gross"]) + Decimal(row["Total Tax Amount"]) == Decimal(row["Invoice Amount"])
    assert all(r["Customer Bill To Gstid"] and r["Buyer Name"] for r in business)
    assert "Buyer Name" not in private[0]
    scheduled = comma_separated(ask(BUSINESS, "GST_MTR_B2B", ["IN"], *span))
    assert scheduled == business
    with pytest.raises(BadRequest, match="last 45 days"):
        rows("GET_GST_MTR_B2C_CUSTOM", "IN", ("2026-09-01", "2026-10-01"))
    with pytest.raises(BadRequest, match="not supported"):
        rows("GET_GST_MTR_B2B_CUSTOM", "DE", span)


def test_stock_transfers_of_india_are_the_ledger_s() -> None:
    found = comma_separated(ask(BUSINESS, "GET_GST_STR_ADHOC", ["IN"], *OCTOBER))
    arrived = [r for r in rows("GET_LEDGER_DETAIL_VIEW_DATA", "IN", eventType="WhseTransfers") if int(r["Quantity"]) > 0]
    assert Counter((r["Transaction Id"], r["Sku"], r["Quantity"]) for r in found) == Counter(
        (r["Reference ID"], r["MSKU"], r["Quantity"]) for r in arrived
    )
    assert found == comma_separated(ask(BUSINESS, "GST_MTR_STOCK_TRANSFER_REPORT", ["IN"], *OCTOBER))


def producer(report_type: str, start: str, end: str) -> list[Row]:
    document = ask(BUSINESS, report_type, ["DE"], start, end)
    assert document.body.startswith(b"\xef\xbb\xbf"), "the real files begin with a byte order mark"
    return table(Document(document.body[3:], document.content_type))


def test_producer_reports_count_what_was_shipped_in_whole_periods_that_are_over() -> None:
    found = producer("GET_EPR_MONTHLY_REPORTS", *OCTOBER)
    assert len(found[0]) == 34
    shipped: Counter = Counter()
    skus = {r["sku"]: r["asin"] for r in rows("GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA", "DE")}
    shared = skus["KC-STV-1"]  # the seller ships this article himself, too
    for row in rows(SHIPMENTS, "DE"):
        shipped[row["ship-country"], skus[row["sku"]]] += int(row["quantity-shipped"])
    counted = {(r["SHIP_TO_COUNTRY_CODE"], r["ASIN"]): int(r["TOTAL_UNITS_SOLD"]) for r in found}
    assert {k: n for k, n in counted.items() if k in shipped and k[1] != shared} == {
        k: n for k, n in shipped.items() if k[1] != shared
    }
    assert {"DE", "AT"} == {r["SHIP_TO_COUNTRY_CODE"] for r in found}
    categories: dict[str, set[str]] = {}
    for row in found:
        categories.setdefault(row["ASIN"], set()).add(row["EPR_CATEGORY"])
        assert bool(row["TOTAL_REPORTED_WEIGHT_KG"]) != bool(row["PAPER_KG"])
    assert categories[skus["1E5"]] == {"Primary Packaging", "Electrical and Electronic Equipment"}
    quarter = producer("GET_EPR_QUARTERLY_REPORTS", "2026-07-01", "2026-10-01")
    months = [producer("GET_EPR_MONTHLY_REPORTS", f"2026-{m:02d}-01", f"2026-{m + 1:02d}-01") for m in (7, 8, 9)]
    assert units(quarter) == sum(units(month) for month in months) > 1_000
    for report_type, span in (
        ("GET_EPR_MONTHLY_REPORTS", ("2026-10-01", "2026-10-15")),
        ("GET_EPR_QUARTERLY_REPORTS", OCTOBER),
        ("GET_EPR_ANNUAL_REPORTS", ("2025-02-01", "2026-02-01")),
    ):
        with pytest.raises(BadRequest, match="must be exactly one"):
            ask(BUSINESS, report_type, ["DE"], *span)
    with pytest.raises(NotAvailableYet):
        ask(BUSINESS, "GET_EPR_ANNUAL_REPORTS", ["DE"], "2026-01-01", "2027-01-01")


def units(found: list[Row]) -> int:
    return sum(int(r["TOTAL_UNITS_SOLD"]) for r in found if r["EPR_CATEGORY"] == "Primary Packaging")


def test_easy_ship_parcels_are_the_indian_seller_s_own() -> None:
    picked = rows("GET_EASYSHIP_PICKEDUP", "IN", ("2026-10-01", "2026-11-20"))
    assert {r["sku"] for r in picked} <= {"KC-STV-1-MFN", "KC-CHR-XL"}
    assert all(r["purchase-date"] < r["picked-up-date"] for r in picked)
    waiting = rows("GET_EASYSHIP_WAITING_FOR_PICKUP", "IN")
    assert not {r["order-id"] for r in waiting} & {r["order-id"] for r in picked}
    for code in ("DE", "US"):
        with pytest.raises((BadRequest, NoData)):
            rows("GET_EASYSHIP_PICKEDUP", code)
