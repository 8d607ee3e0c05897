"""Listings, orders, returns, settlements and taxes: their entries know the headers Amazon is seen to send, and every row of a
document made from an entry comes out typed, with no personal data in the lake."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import Report
from spapi_assets.ingest.documents.header import match_header
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import lake, quarantine, rows
from tests.documents.from_registry import GERMAN, PERSON, sample

__all__ = ["lake"]  # a fixture

REGISTRY = load_registry()
FAMILIES = ("listings", "orders", "returns", "settlement", "tax", "fba")
REPORTS = [r for family in FAMILIES for r in REGISTRY.families[family]]
FLAT = [r for r in REPORTS if r.format in ("tsv", "csv")]
WHOLE = [r for r in REPORTS if r.format != "file"]

# Columns an entry has beyond Amazon's header list as collected: seen in some stores or since a later year, never in the list.
BEYOND_THE_LIST = {
    "active_listings": "minimum_order_quantity sell_remainder",
    "open_listings": "minimum_order_quantity sell_remainder",
    "returns_by_return_date": "category order_item_id",
    "orders_by_order_date": """
        item_count tax_collection_model tax_collection_responsible_party address_type payment_method_details
        item_extensions_data fulfilled_by buyer_company_name buyer_cst_number buyer_vat_number buyer_tax_registration_id
        buyer_tax_registration_country buyer_tax_registration_type buyer_citizen_name buyer_citizen_id
        order_invoice_type         invoice_business_legal_name invoice_business_address invoice_business_tax_id
        invoice_business_tax_office is_heavy_or_bulky         is_replacement_order is_exchange_order original_order_id
        is_amazon_invoiced vat_exclusive_item_price         vat_exclusive_shipping_price vat_exclusive_giftwrap_price
        is_sold_by_ab is_iba is_buyer_requested_cancellation         buyer_requested_cancel_reason is_transparency
        ioss_number is_pickup_point_order customized_url customized_page licensee_name         license_number
        license_state license_expiration_date""",
    "unshipped_orders": """
        buyer_name payment_method_details item_count ship_address_1 ship_address_2 ship_address_3 currency
        item_price item_tax item_promotion_discount price_designation sales_channel signature_confirmation_recommended
        payment_method         cod_collectible_amount already_paid payment_method_fee scheduled_delivery_start_date
        scheduled_delivery_end_date         points_granted is_prime verge_of_cancellation verge_of_late_shipment cpf
        customized_url customized_page buyer_company_name         is_iba buyer_citizen_name buyer_citizen_id
        is_ispu_order is_pickup_point_order pickup_point_type order_invoice_type         invoice_business_legal_name
        invoice_business_address invoice_business_tax_id invoice_business_tax_office""",
}
BEYOND_THE_LIST["archived_orders"] = BEYOND_THE_LIST["orders_by_order_date"].replace("is_replacement_order", "")


def _lists(reference: Path) -> dict[str, list[str]]:
    """Report type -> headers, of the first list that names it."""
    text = (reference.parent / "spapi_appendix_flatfile_headers.txt").read_text("utf-8")
    found: dict[str, list[str]] = {}
    for type_, headers in re.findall(r"^([A-Z0-9_]+) \(\d+\): (.+)$", text, re.MULTILINE):
        found.setdefault(type_, headers.split(", "))
    return found


LISTED = [
    "merchant_listings",
    "active_listings",
    "inactive_listings",
    "cancelled_listings",
    "open_listings_compatible",
    "open_listings",
    "suppressed_listings",
    "orders_by_last_update",
    "orders_by_order_date",
    "archived_orders",
    "fulfilled_shipments",
    "unshipped_orders",
    "returns_by_return_date",
    "seller_feedback",
    "settlements",
    "settlements_v1",
]


@pytest.mark.parametrize("name", LISTED)
def test_the_header_that_other_connectors_collected_finds_every_column(amazon_reference: Path, name: str) -> None:
    report = REGISTRY.reports[name]
    (dataset,) = report.datasets
    plan = match_header(_lists(amazon_reference)[report.report_type], dataset, ())
    assert plan.unknown == ()
    assert {c.name for c in plan.missing} == set(BEYOND_THE_LIST.get(name, "").split())


def test_no_list_of_these_families_is_left_out(amazon_reference: Path) -> None:
    types = {REGISTRY.reports[name].report_type for name in LISTED}
    flat = {r.report_type for r in FLAT if r.family != "fba"}
    assert {type_ for type_ in _lists(amazon_reference) if type_ in flat} == types


@pytest.mark.parametrize(
    ("name", "also"),
    [("orders_xml_by_order_date", ()), ("order_report_shipping_xml", ("Item",)), ("browse_tree", ())],
)
def test_every_property_that_other_connectors_read_from_the_xml_is_a_path_or_a_section(
    amazon_reference: Path, name: str, also: tuple[str, ...]
) -> None:
    report = REGISTRY.reports[name]
    paths = {step for d in report.datasets for c in d.columns for step in re.split(r"[./]+", c.path or "")}
    sections = {step for d in report.datasets for step in (d.section or "").split(".")}
    assert set(_lists(amazon_reference)[report.report_type]) <= paths | sections | set(also)


def _expected(report: Report, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = {c.name for d in report.datasets for c in d.columns if not c.pii}
    return [{name: value for name, value in row.items() if name in kept} for row in found]


@pytest.mark.parametrize("report", WHOLE, ids=lambda r: r.name)
def test_rows_made_from_an_entry_come_out_typed_and_complete(report: Report, lake: Lake) -> None:
    made = sample(report, rows=6)
    result = load_document([made.body], made.context, lake)
    for dataset in report.datasets:
        loaded = result.datasets[dataset.name]
        assert (loaded.rows_in, loaded.rows_out, loaded.quarantined) == (6, 6, 0), quarantine(lake, dataset.name)
        assert (loaded.unknown_columns, loaded.missing_columns) == ((), ())
        found = rows(lake, dataset.name)
        expected = _expected(report, made.rows[dataset.name])
        assert [{name: row[name] for name in expected[0]} for row in found] == expected


WITH_PERSONS = [r for r in FLAT if any(c.pii for d in r.datasets for c in d.columns)]


@pytest.mark.parametrize("report", WITH_PERSONS, ids=lambda r: r.name)
def test_personal_data_reaches_neither_the_lake_nor_the_quarantine(report: Report, lake: Lake) -> None:
    made = sample(report, rows=3)
    assert PERSON.encode() in made.body
    short_line = f"{PERSON}{',' if report.format == 'csv' else chr(9)}{PERSON}"
    broken = made.body + short_line.encode() + b"\r\n"
    load_document([broken], made.context, lake)
    for dataset in report.datasets:
        personal = {c.name for c in dataset.columns if c.pii}
        kept = rows(lake, dataset.name)
        assert not personal & {name for row in kept for name in row}
        assert PERSON not in str(kept)
        assert PERSON not in str(quarantine(lake, dataset.name))


@pytest.mark.parametrize("name", ["settlements_v1", "vat_invoice_data", "gst_b2c", "returns_by_return_date", "storage_fees"])
def test_a_document_in_german_writing_means_the_same(name: str, lake: Lake) -> None:
    report = REGISTRY.reports[name]
    made = sample(report, rows=8, writing=GERMAN, encoding="cp1252", content_type="text/plain; charset=Cp1252")
    result = load_document([made.body], made.context, lake)
    assert result.quarantined == 0, quarantine(lake, name)
    expected = _expected(report, made.rows[name])
    assert [{n: row[n] for n in expected[0]} for row in rows(lake, name)] == expected


@pytest.mark.parametrize("report", FLAT, ids=lambda r: r.name)
def test_every_alias_finds_its_column(report: Report) -> None:
    for dataset in report.datasets:
        for column in dataset.columns:
            for alias in column.aliases:
                assert match_header([alias], dataset, ()).fields[0].name == column.name


FILES = [r for r in REPORTS if r.format == "file"]


@pytest.mark.parametrize("report", FILES, ids=lambda r: r.name)
def test_a_document_without_a_known_layout_is_one_row_of_its_catalogue(report: Report, lake: Lake) -> None:
    made = sample(report)
    load_document([made.body], made.context, lake)
    (dataset,) = report.datasets
    (row,) = rows(lake, dataset.name)
    assert {name: row[name] for name in ("sha256", "bytes")} == made.rows[dataset.name][0]
    assert {c.path for c in dataset.columns} == {"name", "content_type", "bytes", "sha256", "pages"}


def test_a_feedback_document_with_german_headers_is_read_as_such(lake: Lake) -> None:
    report = REGISTRY.reports["seller_feedback"]
    german = ["Datum", "Bewertung", "Kommentare", "Ihre Antwort", "Bestellnummer", "Bewertet von"]
    made = sample(report, marketplace="DE", writing=GERMAN, encoding="cp1252", headers={"seller_feedback": german})
    result = load_document([made.body], made.context, lake)
    assert result.datasets["seller_feedback"].unknown_columns == ()
    days = [row["feedback_date"] for row in made.rows["seller_feedback"]]
    assert [row["feedback_date"] for row in rows(lake, "seller_feedback")] == days


def test_the_months_vat_report_lies_in_its_month(lake: Lake) -> None:
    report = REGISTRY.reports["vat_transactions"]
    made = sample(report)
    (partition,) = load_document([made.body], made.context, lake).datasets["vat_transactions"].partitions
    assert (partition.day.isoformat(), partition.marketplace) == ("2026-10-01", None)


def test_restricted_documents_are_those_amazon_marks() -> None:
    """Names and addresses in a document that is not marked would be blank, or the download would be refused."""
    restricted = {r.report_type for r in REPORTS if r.restricted}
    assert restricted >= {
        "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_INVOICING",
        "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_TAX",
        "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",
        *(f"GET_{flat}ORDER_REPORT_DATA_{use}" for flat in ("", "FLAT_FILE_") for use in ("SHIPPING", "INVOICING", "TAX")),
        "SC_VAT_TAX_REPORT",
        "GET_VAT_TRANSACTION_DATA",
        "GET_GST_MTR_B2B_CUSTOM",
        "GET_EASYSHIP_DOCUMENTS",
    }


def test_what_only_amazons_own_schedule_makes_has_a_schedule() -> None:
    scheduled = {r.report_type: r.window.report_schedule for r in REPORTS if r.window.report_schedule}
    assert scheduled == {
        "GET_ORDER_REPORT_DATA_SHIPPING": "P1D",
        "GET_ORDER_REPORT_DATA_INVOICING": "P1D",
        "GET_ORDER_REPORT_DATA_TAX": "P1D",
        "GET_PENDING_ORDERS_DATA": "P1D",
        "GST_MTR_B2B": "P1M",
        "GST_MTR_B2C": "P1M",
        "GST_MTR_STOCK_TRANSFER_REPORT": "P1M",
    }


def test_reports_do_not_all_ask_at_the_same_minute() -> None:
    asked = [r.schedule for r in REPORTS if r.window.kind != "harvest"]
    crowded = {cron: asked.count(cron) for cron in asked if asked.count(cron) > 2}
    assert not crowded
