"""Reports on money beside the settlements: the older settlement layout, held money, sales tax. None of them can be asked for."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import ListedReport, NoData, listed, render_listed

from .kestrel import BY_ORDER_DATE, EU, IDS, NA, NOW, SELLER_OF, SETTLEMENT, amount, ask, codec_of, table

BUSINESS = Business()
OLD, HELD, SALES_TAX = (
    "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE",
    "GET_DATE_RANGE_FINANCIAL_HOLDS_DATA",
    "GET_FLAT_FILE_SALES_TAX_DATA",
)
AMOUNTS = [
    "shipment-fee-amount", "order-fee-amount", "price-amount", "item-related-fee-amount", "misc-fee-amount", "other-fee-amount",
    "promotion-amount", "direct-payment-amount", "other-amount",
]  # fmt: skip


def reports(report_type: str, code: str, days: int = 60) -> list[ListedReport]:
    found = listed(BUSINESS, SELLER_OF[code], [report_type], NOW - timedelta(days=days), NOW)
    return [r for r in found if r.marketplace_ids == (IDS[code],)]


def test_the_older_settlement_has_the_fact_sheet_s_header(amazon_reference: Path) -> None:
    text = (amazon_reference.parent / "spapi_appendix_flatfile_headers.txt").read_text()
    known = re.search(rf"^{OLD} \(\d+\): (.*)$", text, re.MULTILINE)
    assert known is not None
    document = render_listed(BUSINESS, EU, reports(OLD, "DE")[-1])
    assert document.body.decode(codec_of(document)).split("\r\n")[0].split("\t") == known.group(1).split(", ")


@pytest.mark.parametrize("code", ["DE", "UK", "US", "JP"])
def test_both_layouts_of_a_settlement_hold_the_same_amounts(code: str) -> None:
    old = reports(OLD, code)[-1]
    new = next(r for r in reports(SETTLEMENT, code) if r.start == old.start)
    assert old.report_id != new.report_id
    head, *rows = table(render_listed(BUSINESS, SELLER_OF[code], old))
    new_head, *new_rows = table(render_listed(BUSINESS, SELLER_OF[code], new))
    assert head["total-amount"] == new_head["total-amount"]
    assert head["settlement-id"] == new_head["settlement-id"]
    found = Counter((r["order-id"], r["sku"], next(r[a] for a in AMOUNTS if r[a])) for r in rows)
    assert found == Counter((r["order-id"], r["sku"], r["amount"]) for r in new_rows)
    assert all(sum(bool(r[a]) for a in AMOUNTS) == 1 for r in rows)
    assert sum(amount(r[a]) for r in rows for a in AMOUNTS) == amount(head["total-amount"])


def test_the_older_layout_ended_on_the_eleventh_of_november() -> None:
    assert max(r.created for r in reports(OLD, "DE", 90)) < datetime(2026, 11, 11, tzinfo=UTC)
    assert max(r.created for r in reports(SETTLEMENT, "DE", 90)) > datetime(2026, 11, 11, tzinfo=UTC)


@pytest.mark.parametrize("code", ["DE", "US"])
def test_held_money_is_of_shipped_orders_and_adds_up_in_the_store_s_format(code: str) -> None:
    report = reports(HELD, code)[-1]
    assert report.created.weekday() == 0
    document = render_listed(BUSINESS, SELLER_OF[code], report)
    assert document.content_type == "text/csv; charset=UTF-8"
    found = list(csv.DictReader(io.StringIO(document.body.decode("utf-8"))))
    orders = {
        r["amazon-order-id"]
        for r in table(
            ask(BUSINESS, BY_ORDER_DATE, [code], (report.created - timedelta(days=20)).isoformat(), report.created.isoformat())
        )
        if r["order-status"] == "Shipped"
    }
    assert len(found) > 40
    assert {r["order id"] for r in found} <= orders
    columns = list(found[0])
    parts = columns[columns.index("product sales") : columns.index("total")]
    for row in found:
        assert sum(amount(row[p]) for p in parts) == amount(row["total"])
        assert ("," in row["total"]) == (code == "DE")
        assert row["Transaction Status"] == "Deferred"


def test_a_month_s_sales_tax_is_the_settlements_tax_of_its_shipments() -> None:
    report = reports(SALES_TAX, "US", 90)[-1]
    assert (report.start, report.end, report.created.day) == (
        datetime(2026, 10, 1, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
        3,
    )
    found = table(render_listed(BUSINESS, NA, report))
    by_line = Counter()
    for row in found:
        if row["Transaction_Type"] == "Shipment":
            by_line[row["Order_ID"], row["SKU"]] += Decimal(row["Tax_Amount"])
        assert row["Jurisdiction_Name"] == row["Ship_To_State"]
        assert row["Total_Tax_Collected_By_Amazon"] == row["Total_Tax"] == row["Tax_Amount"]
    shipments = Counter()
    for row in table(ask(BUSINESS, "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL", ["US"], "2026-10-01", "2026-11-01")):
        shipments[row["amazon-order-id"], row["sku"]] += Decimal(row["item-tax"])
    assert shipments.items() <= by_line.items()
    assert any(row["Transaction_Type"] == "Refund" and Decimal(row["Tax_Amount"]) < 0 for row in found)
    assert listed(BUSINESS, EU, [SALES_TAX], NOW - timedelta(days=90), NOW) == []
    with pytest.raises(NoData):
        ask(BUSINESS, SALES_TAX, ["CA"], "2026-10-01", "2026-11-01")


def test_listed_reports_of_all_types_are_stable_and_have_ids_of_their_own() -> None:
    types = [SETTLEMENT, OLD, HELD, SALES_TAX]
    whole = listed(BUSINESS, NA, types, NOW - timedelta(days=90), NOW)
    assert whole == listed(Business(), NA, reversed(types), NOW - timedelta(days=90), NOW)
    assert len({r.report_id for r in whole}) == len(whole)
    assert {r.report_type for r in whole} == set(types)
