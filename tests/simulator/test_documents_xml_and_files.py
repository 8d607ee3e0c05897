"""XML, Excel, PDF and ZIP reports: well-formed for the usual libraries, and of the same business as the flat files."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from lxml import etree

from spapi_assets.simulator import documents
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import BadRequest, NoData

from .kestrel import BY_ORDER_DATE, NOW, SETTLEMENT, amount, ask, at, table

BUSINESS = Business()
ORDERS_XML = "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
SHIPPING_XML, PENDING_XML = "GET_ORDER_REPORT_DATA_SHIPPING", "GET_PENDING_ORDERS_DATA"
RETURNS_XML, PRIME_XML = "GET_XML_RETURNS_DATA_BY_RETURN_DATE", "GET_XML_MFN_PRIME_RETURNS_REPORT"
ATTRIBUTES_XML, BROWSE_XML = "GET_XML_MFN_SKU_RETURN_ATTRIBUTES_REPORT", "GET_XML_BROWSE_TREE_DATA"
VAT_XML, HEALTH_XML, HEALTH = (
    "GET_XML_VAT_INVOICE_DATA_REPORT",
    "GET_V1_SELLER_PERFORMANCE_REPORT",
    "GET_V2_SELLER_PERFORMANCE_REPORT",
)
SETTLEMENT_XML = "GET_V2_SETTLEMENT_REPORT_DATA_XML"
DISCOUNTS, EASY_SHIP, INVOICES = "FEE_DISCOUNTS_REPORT", "GET_EASYSHIP_DOCUMENTS", "FBA_BULK_INVOICE"
WEEK = ("2026-10-18", "2026-10-25")
MONTH = ("2026-09-20", "2026-11-15")
INDIA = "A3KESTREL0IN0"


def root(report_type: str, code: str, dates: tuple[str, str] = WEEK, **options: str) -> Any:
    document = ask(BUSINESS, report_type, [code], *dates, options=options)
    assert document.content_type == "text/xml; charset=UTF-8"
    return etree.fromstring(document.body)


@pytest.mark.parametrize("code", ["DE", "JP"])
def test_xml_orders_are_the_flat_files_orders_with_item_codes(code: str) -> None:
    flat = table(ask(BUSINESS, BY_ORDER_DATE, [code], *WEEK))
    orders = root(ORDERS_XML, code).findall("Message/Order")
    items = [(order, item) for order in orders for item in order.findall("OrderItem")]
    assert len(items) == len(flat) > 20
    told = Counter((r["amazon-order-id"], r["sku"], r["quantity"], r["item-price"], r["ship-postal-code"]) for r in flat)
    found: Counter = Counter()
    for order, item in items:
        price = item.xpath("ItemPrice/Component[Type='Principal']/Amount")
        postal_code = order.findtext("FulfillmentData/Address/PostalCode")
        key = (order.findtext("AmazonOrderID"), item.findtext("SKU"), item.findtext("Quantity"))
        found[*key, price[0].text if price else "", postal_code] += 1
    assert found == told
    codes = [item.findtext("AmazonOrderItemCode") for _, item in items]
    assert len(set(codes)) == len(codes)
    assert {price.get("currency") for price in orders[0].iterfind(".//Amount")} <= {"EUR", "JPY"}


def test_order_reports_name_buyers_of_merchant_fulfilled_orders_only() -> None:
    reports = root(SHIPPING_XML, "DE", ("2026-10-20T00:00:00", "2026-11-20T00:00:00")).findall("Message/OrderReport")
    flat = {r["amazon-order-id"]: r for r in table(ask(BUSINESS, BY_ORDER_DATE, ["DE"], "2026-10-21", "2026-11-19"))}
    assert len(reports) > 10
    for report in reports:
        assert report.findtext("BillingData/BuyerName")
        order = flat.get(report.findtext("AmazonOrderID"))
        if order:
            assert report.findtext("FulfillmentData/Address/PostalCode") == order["ship-postal-code"]
        assert {component.findtext("Type") for component in report.iterfind("Item/ItemPrice/Component")} >= {"Principal", "Tax"}
    with pytest.raises(NoData):
        root(SHIPPING_XML, "DE", ("2026-10-20T00:00:00", "2026-10-20T00:05:00"))


def test_pending_orders_have_no_prices() -> None:
    for hour in range(0, 24 * 7, 3):
        try:
            found = ask(BUSINESS, PENDING_XML, ["DE"], *WEEK, now=at("2026-10-20") + timedelta(hours=hour))
        except NoData:
            continue
        orders = etree.fromstring(found.body).findall("Message/PendingOrder")
        assert orders[0].findtext("Item/SKU")
        assert not orders[0].xpath(".//Amount")
        return
    pytest.fail("no merchant-fulfilled order was pending in the whole week")


def test_xml_returns_are_requested_in_the_window_and_refunded_as_the_settlements_say() -> None:
    details = root(RETURNS_XML, "DE", MONTH).findall("Message/return_details")
    assert details
    for each in details:
        assert MONTH[0] <= each.findtext("return_request_date")[:10] <= MONTH[1]
        assert int(each.findtext("item_details/return_quantity")) >= 1
    prime = {each.findtext("amazon_rma_id") for each in details if each.findtext("is_prime") == "Y"}
    if prime:
        under_prime = root(PRIME_XML, "DE", MONTH).findall("Message/return_details")
        assert {each.findtext("amazon_rma_id") for each in under_prime} == prime
    assert len(root(ATTRIBUTES_XML, "DE").findall("Message/sku_return_attributes")) == 2
    with pytest.raises(BadRequest, match="60 days"):
        root(RETURNS_XML, "DE", ("2026-08-01", "2026-11-01"))


def test_the_browse_tree_is_the_option_marketplaces_and_nodes_occur_on_several_paths() -> None:
    nodes = root(BROWSE_XML, "DE", MarketplaceId="A13V1IB3VIYZZH").findall("Node")
    assert nodes[0].findtext("browseNodeName") == "Amazon.fr"
    ids = Counter(node.findtext("browseNodeId") for node in nodes)
    assert max(ids.values()) == 2
    assert len({(node.findtext("browseNodeId"), node.findtext("browsePathById")) for node in nodes}) == len(nodes)
    for node in nodes:
        children = node.find("childNodes")
        assert int(children.get("count")) == len(children)
        assert (node.findtext("hasChildren") == "true") == (len(children) > 0)
    assert len(root(BROWSE_XML, "DE", RootNodesOnly="true").findall("Node")) == 1
    one = next(node for node in root(BROWSE_XML, "DE").findall("Node") if node.findtext("browsePathById").count(",") == 2)
    one = one.findtext("browseNodeId")
    below = root(BROWSE_XML, "DE", BrowseNodeId=one).findall("Node")
    assert 3 <= len(below) < len(nodes)
    with pytest.raises(NoData, match="no browse node 1 "):
        root(BROWSE_XML, "DE", BrowseNodeId="1")


@pytest.mark.parametrize("partner", ["A3KESTREL0EU0", "A3KESTREL0NA0"])
def test_xml_settlements_are_the_flat_settlements_until_amazon_removed_them(partner: str) -> None:
    old, flat = (
        documents.listed(BUSINESS, partner, [report_type], at("2026-10-20"), at("2026-11-20"))
        for report_type in (SETTLEMENT_XML, SETTLEMENT)
    )
    assert 0 < len(old) < len(flat)
    assert max(report.created for report in old) < at("2026-11-11")
    report = old[0]
    tree = etree.fromstring(documents.render_listed(BUSINESS, partner, report).body).find("Message/SettlementReport")
    twin = next(r for r in flat if (r.start, r.marketplace_ids) == (report.start, report.marketplace_ids))
    rows = table(documents.render_listed(BUSINESS, partner, twin))
    assert tree.findtext("SettlementData/AmazonSettlementID") == rows[0]["settlement-id"]
    total = Decimal(tree.findtext("SettlementData/TotalAmount"))
    assert total == amount(rows[0]["total-amount"])
    parts = [Decimal(node.text) for node in tree.iter("Amount", "TransactionAmount")]
    assert sum(parts) == total
    assert len(parts) == len(rows) - 1
    told = {(r["order-id"], r["order-item-code"]) for r in rows if r["order-item-code"]}
    found = {
        (event.findtext("AmazonOrderID"), item.findtext("AmazonOrderItemCode"))
        for event in (*tree.findall("Order"), *tree.findall("Refund"))
        for item in (*event.findall("Fulfillment/Item"), *event.findall("Fulfillment/AdjustedItem"))
    }
    assert found == told


def test_vat_invoices_exist_in_europe() -> None:
    rows = root(VAT_XML, "FR", ("2026-11-10", "2026-11-17"), all="true").findall("Message/VatInvoiceData")
    assert len(rows) > 30
    for row in rows:
        parts = [float(row.findtext(f"ItemVat{part}Amount")) for part in ("Excl", "", "Incl")]
        assert round(parts[0] + parts[1], 2) == parts[2]
    assert len(root(VAT_XML, "FR", ("2026-11-10", "2026-11-17"), pendingInvoices="true").findall("Message/VatInvoiceData")) < len(
        rows
    )
    with pytest.raises(BadRequest, match="not available in the marketplace US"):
        root(VAT_XML, "US")
    with pytest.raises(BadRequest, match="30 days"):
        root(VAT_XML, "FR", ("2026-09-01", "2026-11-01"), all="true")


def test_account_health_is_valid_by_amazons_schema_and_counts_the_orders(amazon_reference: Path) -> None:
    schema = json.loads((amazon_reference / "schemas/reports/accountHealthReport-2020-11-18.json").read_text("utf-8"))
    found = json.loads(ask(BUSINESS, HEALTH, ["DE", "UK"], *WEEK).body)
    jsonschema.validate(found, schema)
    assert [metrics["marketplaceId"] for metrics in found["performanceMetrics"]] == [
        s["marketplaceId"] for s in found["accountStatuses"]
    ]
    week = found["performanceMetrics"][0]["preFulfillmentCancellationRate"]
    assert week["reportingDateRange"]["reportingDateTo"] == "2026-11-22T23:59:59Z"
    legacy = root(HEALTH_XML, "DE").findall("sellerPerformanceReport/orderDefects/orderDefectMetrics")
    counts = [int(each.findtext("orderCount")) for each in legacy]
    assert counts == sorted(counts)
    orders = {
        r["amazon-order-id"]
        for r in table(ask(BUSINESS, BY_ORDER_DATE, ["DE"], "2026-11-16T00:00:00+01:00", "2026-11-23T00:00:00+01:00"))
    }
    assert counts[0] == len(orders)


def test_fee_discounts_are_a_workbook_whose_skus_stay_text() -> None:
    document = ask(BUSINESS, DISCOUNTS, ["DE", "UK", "FR", "IT", "ES"], *WEEK)
    sheet = openpyxl.load_workbook(io.BytesIO(document.body)).worksheets[0]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    header, *rows = sheet.iter_rows(values_only=True)
    assert "=KC-SOCK-M" in {row[3] for row in rows}
    assert header[:4] == ("Promotion type", "Marketplace", "ASIN", "SKU")
    assert rows
    for row in rows:
        assert isinstance(row[3], str)
        assert isinstance(row[5], float)
    with pytest.raises(BadRequest):
        ask(BUSINESS, DISCOUNTS, ["US"], *WEEK)


def test_easy_ship_documents_are_a_pdf_whose_cross_references_are_right() -> None:
    document = ask(BUSINESS, EASY_SHIP, ["IN"], "2026-10-01", "2026-11-15", partner=INDIA)
    assert document.content_type == "application/pdf"
    check_pdf(document.body)
    assert document.body.count(b"/Type /Page ") % 3 == 0
    with pytest.raises(NoData):
        ask(BUSINESS, EASY_SHIP, ["IN"], *WEEK, partner=INDIA, options={"AmazonOrderId": "408-0000000-0000000"})
    with pytest.raises(BadRequest, match="India only"):
        ask(BUSINESS, EASY_SHIP, ["DE"], *WEEK)


def test_easy_ship_papers_of_seller_central_can_be_found_and_each_has_a_document() -> None:
    found = documents.listed(BUSINESS, INDIA, [EASY_SHIP], at("2026-11-01"), at("2026-11-15"))
    assert 0 < len(found) <= 14
    for report in found:
        check_pdf(documents.render_listed(BUSINESS, INDIA, report).body)


def test_bulk_invoices_are_an_archive_of_pdfs_the_same_bytes_every_time() -> None:
    document = ask(BUSINESS, INVOICES, ["IN"], *WEEK, partner=INDIA)
    assert document.body == ask(BUSINESS, INVOICES, ["IN"], *WEEK, partner=INDIA).body
    archive = zipfile.ZipFile(io.BytesIO(document.body))
    assert archive.testzip() is None
    names = archive.namelist()
    for name in names[:3]:
        check_pdf(archive.read(name))
    one = ask(BUSINESS, INVOICES, ["IN"], *WEEK, partner=INDIA, options={"orderIds": names[0].split("_")[0]})
    assert zipfile.ZipFile(io.BytesIO(one.body)).namelist() == [names[0]]
    with pytest.raises(BadRequest, match="200 characters"):
        ask(BUSINESS, INVOICES, ["IN"], *WEEK, partner=INDIA, options={"orderIds": "x" * 201})


def check_pdf(body: bytes) -> None:
    """Every entry of the cross-reference table points at its object, and the trailer at the table."""
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF", body)[1])
    assert body[start:].startswith(b"xref\n")
    offsets = [int(offset) for offset in re.findall(rb"(\d{10}) 00000 n ", body)]
    for number, offset in enumerate(offsets, start=1):
        assert body[offset:].startswith(f"{number} 0 obj".encode())
    assert int(re.search(rb"/Count (\d+)", body)[1]) == body.count(b"/Type /Page ")


def test_account_health_ignores_the_dates_asked_for() -> None:
    one = ask(BUSINESS, HEALTH, ["JP"], *WEEK, now=NOW).body
    assert one == ask(BUSINESS, HEALTH, ["JP"], "2020-01-01", "2020-01-02", now=NOW).body
