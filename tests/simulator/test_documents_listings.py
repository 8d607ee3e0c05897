"""Listings reports: Amazon's columns, one catalogue behind all of them, the store's language, and where each exists."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import NoData
from spapi_assets.simulator.documents.families import listings

from .kestrel import INVENTORY, LISTINGS, ask, codec_of, table

BUSINESS = Business()
NOWHERE_PRINTED = {
    "GET_MERCHANT_LISTINGS_DATA_LITE", "GET_MERCHANT_LISTINGS_DATA_LITER", "GET_REFERRAL_FEE_PREVIEW_REPORT",
    "GET_PAN_EU_OFFER_STATUS", "GET_MFN_PANEU_OFFER_STATUS", "GET_REMOTE_FULFILLMENT_ELIGIBILITY",
}  # fmt: skip


def rows(report_type: str, code: str, **options: str) -> list[dict[str, str]]:
    return table(ask(BUSINESS, report_type, [code], "2026-11-01", "2026-11-02", options=options))


@pytest.mark.parametrize("report_type", sorted(set(listings.RENDERERS) - NOWHERE_PRINTED))
def test_headers_are_the_fact_sheet_s(amazon_reference: Path, report_type: str) -> None:
    text = (amazon_reference.parent / "spapi_appendix_flatfile_headers.txt").read_text()
    known = re.search(rf"^{report_type} \(\d+\): (.*)$", text, re.MULTILINE)
    assert known is not None
    options = {"preferredReportDocumentLocale": "en_US"}
    document = ask(BUSINESS, report_type, ["DE"], "2026-11-01", "2026-11-02", options=options)
    assert document.body.decode(codec_of(document)).split("\r\n")[0].split("\t") == known.group(1).split(", ")


@pytest.mark.parametrize("code", ["UK", "US"])
def test_active_inactive_and_deleted_offers_are_the_whole_catalogue(code: str) -> None:
    states = {r["seller-sku"]: r["status"] for r in rows(LISTINGS, code)}
    active = {r["seller-sku"] for r in rows("GET_MERCHANT_LISTINGS_DATA", code)}
    assert active == {sku for sku, state in states.items() if state == "Active"}
    assert {r["seller-sku"] for r in rows("GET_MERCHANT_LISTINGS_DATA_BACK_COMPAT", code)} == active
    assert {r["sku"] for r in rows("GET_FLAT_FILE_OPEN_LISTINGS_DATA", code)} == active
    gone = {sku for sku, state in states.items() if state == "Inactive"}
    if gone:
        assert {r["seller-sku"] for r in rows("GET_MERCHANT_LISTINGS_INACTIVE_DATA", code)} == gone
    else:
        with pytest.raises(NoData):
            rows("GET_MERCHANT_LISTINGS_INACTIVE_DATA", code)
    deleted = {r["seller-sku"] for r in rows("GET_MERCHANT_CANCELLED_LISTINGS_DATA", code)}
    archived = {r["sku"] for r in rows("GET_FBA_MYI_ALL_INVENTORY_DATA", code)} - {r["sku"] for r in rows(INVENTORY, code)}
    assert deleted == archived
    assert not deleted & set(states)
    own = {r["seller-sku"]: r["quantity"] for r in rows("GET_MERCHANT_LISTINGS_DATA", code) if r["quantity"]}
    assert {r["sku"]: r["quantity"] for r in rows("GET_MERCHANT_LISTINGS_DATA_LITER", code)} == own != {}
    assert {r["sku"]: r["quantity"] for r in rows("GET_MERCHANT_LISTINGS_DATA_LITE", code)} == own


def test_a_store_s_headers_are_in_its_language_unless_english_is_asked_for() -> None:
    assert {"Händler-SKU", "Preis", "Business Price"} <= set(rows("GET_MERCHANT_LISTINGS_DATA", "DE")[0])
    assert {"seller-sku", "price"} <= set(rows("GET_MERCHANT_LISTINGS_DATA", "DE", preferredReportDocumentLocale="en_US")[0])
    assert "出品者SKU" in rows("GET_MERCHANT_CANCELLED_LISTINGS_DATA", "JP")[0]


def test_suppressed_offers_have_english_dates_and_exist_in_the_catalogue() -> None:
    found = rows("GET_MERCHANTS_LISTINGS_FYP_REPORT", "DE")
    assert {r["SKU"] for r in found} <= {r["Händler-SKU"] for r in rows(LISTINGS, "DE")}
    for row in found:
        assert datetime.strptime(row["Status Change Date"], "%b %d, %Y").year == 2026  # noqa: DTZ007 - a date


def test_the_referral_fee_is_fifteen_percent_of_the_listed_price() -> None:
    prices = {r["seller-sku"]: r["price"] for r in rows(LISTINGS, "US")}
    found = rows("GET_REFERRAL_FEE_PREVIEW_REPORT", "US")
    assert {r["seller-sku"]: r["price"] for r in found} == prices
    for row in found:
        assert abs(Decimal(row["estimated-referral-fee-per-item"]) - Decimal(row["price"]) * Decimal("0.15")) <= Decimal("0.01")


@pytest.mark.parametrize(
    ("report_type", "has", "lacks"),
    [
        ("GET_PAN_EU_OFFER_STATUS", "FR", "US"),
        ("GET_MFN_PANEU_OFFER_STATUS", "UK", "JP"),
        ("GET_REMOTE_FULFILLMENT_ELIGIBILITY", "US", "DE"),
    ],
)
def test_programmes_of_one_region_have_nothing_elsewhere(report_type: str, has: str, lacks: str) -> None:
    assert rows(report_type, has)
    with pytest.raises(NoData, match="has no data in"):
        rows(report_type, lacks)


def test_pan_european_offers_are_the_fba_ones_and_the_others_are_the_merchant_s() -> None:
    fba = {r["sku"] for r in rows(INVENTORY, "DE")}
    assert {r["MerchantSKU"] for r in rows("GET_PAN_EU_OFFER_STATUS", "DE")} == fba
    own = {r["MerchantSKU"]: r for r in rows("GET_MFN_PANEU_OFFER_STATUS", "DE")}
    assert set(own) == {r["Händler-SKU"] for r in rows(LISTINGS, "DE")} - fba
    assert own["KC-CHR-XL"]["NL offer status"] == "No listing"
