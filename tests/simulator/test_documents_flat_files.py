"""Flat files: Amazon's columns, the store's charset and language, quotes as data, and damage on request."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import REPORT_TYPES, TRANSFORMS, WIRE_TRANSFORMS, BadRequest, Document

from .kestrel import (
    BY_LAST_UPDATE,
    BY_ORDER_DATE,
    EU,
    IDS,
    INVENTORY,
    LISTINGS,
    SELLER_OF,
    SETTLEMENT,
    TRAFFIC,
    VENDOR_SALES,
    ask,
    codec_of,
    table,
)

BUSINESS = Business()
ORDERS = ask(BUSINESS, BY_ORDER_DATE, ["DE"], "2026-11-01", "2026-11-04")


def settlement_document() -> Document:
    from .test_documents_settlement import reports

    report = reports("DE")[-1]
    return ask(BUSINESS, SETTLEMENT, ["DE"], report.start.isoformat(), report.end.isoformat())


@pytest.mark.parametrize("report_type", [BY_LAST_UPDATE, BY_ORDER_DATE, INVENTORY, LISTINGS, SETTLEMENT])
def test_headers_are_the_ones_that_are_known_of_amazon(amazon_reference: Path, report_type: str) -> None:
    text = (amazon_reference.parent / "spapi_appendix_flatfile_headers.txt").read_text()
    match = re.search(rf"^{report_type} \(\d+\): (.*)$", text, re.MULTILINE)
    assert match is not None
    locale = {"preferredReportDocumentLocale": "en_US"}
    document = (
        settlement_document()
        if report_type == SETTLEMENT
        else ask(BUSINESS, report_type, ["DE"], "2026-11-01", "2026-11-02", options=locale)
    )
    assert document.body.decode(codec_of(document)).split("\r\n")[0].split("\t") == match.group(1).split(", ")


def test_a_type_that_does_not_exist_and_another_sellers_marketplace_are_refused() -> None:
    assert {BY_LAST_UPDATE, BY_ORDER_DATE, INVENTORY, LISTINGS, SETTLEMENT, TRAFFIC, VENDOR_SALES} <= set(REPORT_TYPES)
    with pytest.raises(BadRequest, match="has no report type"):
        ask(BUSINESS, "GET_PRODUCT_EXCHANGE_DATA", ["DE"], "2026-11-01", "2026-11-02")
    with pytest.raises(BadRequest, match="not all marketplaces of"):
        ask(BUSINESS, LISTINGS, ["US"], "2026-11-01", "2026-11-02", partner=EU)


@pytest.mark.parametrize(
    ("code", "charset", "sku_header", "title"),
    [
        ("DE", "Cp1252", "Händler-SKU", "Trinkflasche Edelstahl 0,5 l – hält 24 h kühl, spülmaschinenfest"),
        ("FR", "Cp1252", "sku-vendeur", "Gourde isotherme inox 0,5 l – garde au frais 24 h, été comme hiver"),
        ("IT", "Cp1252", "SKU venditore", "fredda per 24 h, qualità garantita"),
        ("ES", "Cp1252", "SKU del vendedor", "para niños y mayores"),
        ("UK", "Cp1252", "seller-sku", "Stainless Steel Water Bottle 0.5 l – cold for 24 hours"),
        ("US", "UTF-8", "seller-sku", "Stainless Steel Water Bottle 0.5 l – cold for 24 hours"),
        ("MX", "UTF-8", "seller-sku", "para niños y mayores"),
        ("JP", "windows-31j", "出品者SKU", "ステンレスボトル 0.5 l 真空断熱 24時間保冷"),
    ],
)
def test_listings_come_in_the_stores_charset_language_and_header(code: str, charset: str, sku_header: str, title: str) -> None:
    document = ask(BUSINESS, LISTINGS, [code], "2026-11-01", "2026-11-02")
    assert document.content_type == f"text/plain; charset={charset}"
    rows = {r[sku_header]: r for r in table(document)}
    assert len(rows) == 24
    assert title in next(iter(rows["00417"].values()))
    assert {"00417", "1E5", "KC/HL-500", "=KC-SOCK-M"} <= set(rows)
    assert "?" not in document.body.decode(codec_of(document)).replace("regalo?", "")
    english = ask(BUSINESS, LISTINGS, [code], "2026-11-01", "2026-11-02", options={"preferredReportDocumentLocale": "en_US"})
    assert [list(r.values()) for r in table(english)] == [list(r.values()) for r in table(document)]
    assert {"seller-sku", "fulfillment-channel", "asin1"} <= set(table(english)[0])


def test_titles_hold_inch_marks_leading_quotes_and_currency_signs_unescaped() -> None:
    german = [r["Artikelbezeichnung"] for r in table(ask(BUSINESS, LISTINGS, ["DE"], "2026-11-01", "2026-11-02"))]
    assert any('1/2"' in t for t in german)
    assert any(t.startswith('"') for t in german)
    assert any("€" in t for t in german)
    british = [r["item-name"] for r in table(ask(BUSINESS, LISTINGS, ["UK"], "2026-11-01", "2026-11-02"))]
    assert any("£" in t for t in british)


def test_listings_take_the_first_marketplace_and_ignore_the_others() -> None:
    assert ask(BUSINESS, LISTINGS, ["UK", "DE"], "2026-11-01", "2026-11-02") == ask(
        BUSINESS, LISTINGS, ["UK"], "2026-11-01", "2026-11-02"
    )


@pytest.mark.parametrize("code", list(IDS))
def test_every_marketplace_has_orders_and_stock_in_its_own_charset(code: str) -> None:
    for report_type in (BY_LAST_UPDATE, INVENTORY):
        document = ask(BUSINESS, report_type, [code], "2026-11-01", "2026-11-08", partner=SELLER_OF[code])
        rows = table(document)
        assert len(rows) >= 20
        assert "\ufffd" not in str(rows)


def header_of(document: Document) -> list[str]:
    return re.split(r"\r\n|\r", document.body.decode(codec_of(document)))[0].split("\t")


def test_a_new_a_missing_and_a_repeated_column_keep_the_rows_whole() -> None:
    before = table(ORDERS)
    extra = table(TRANSFORMS["extra_column"](ORDERS))
    assert set(extra[0]) - set(before[0]) == {"amazon-internal-flag"}
    missing = table(TRANSFORMS["missing_column"](ORDERS))
    assert set(before[0]) - set(missing[0]) == {"signature-confirmation-recommended"}
    assert len(before) == len(extra) == len(missing)
    assert header_of(TRANSFORMS["repeated_header"](ORDERS)).count("Deprecated column") == 2


def test_a_bad_value_spoils_exactly_one_cell() -> None:
    before, after = table(ORDERS), table(TRANSFORMS["bad_value"](ORDERS))
    changed = [(n, k) for n, (a, b) in enumerate(zip(before, after, strict=True)) for k in a if a[k] != b[k]]
    assert len(changed) == 1
    assert after[changed[0][0]]["item-price"] == "n/a*"
    with pytest.raises(ValueError, match="none of the columns"):
        TRANSFORMS["bad_value"](Document(b"a\tb\r\n1\t2\r\n", "text/plain; charset=UTF-8"))


def test_charsets_and_byte_order_marks_can_lie_or_be_silent() -> None:
    text = ORDERS.body.decode("cp1252")
    lying = TRANSFORMS["other_charset"](ORDERS)
    assert lying.content_type == ORDERS.content_type
    assert lying.body.decode("utf-8") == text
    marked = TRANSFORMS["utf8_bom"](ORDERS)
    assert marked.body.startswith(b"\xef\xbb\xbf")
    assert marked.content_type.endswith("UTF-8")
    assert marked.body.decode("utf-8-sig") == text
    assert "charset" not in TRANSFORMS["undeclared_charset"](ORDERS).content_type


def test_line_ends_quotes_short_rows_and_empty_documents() -> None:
    text = ORDERS.body.decode("cp1252")
    assert TRANSFORMS["cr_newlines"](ORDERS).body.decode("cp1252") == text.replace("\r\n", "\r")
    quoted = table(TRANSFORMS["stray_quotes"](ORDERS))
    assert all(r["amazon-order-id"].startswith('"') for r in quoted)
    short = TRANSFORMS["short_row"](ORDERS).body.decode("cp1252").split("\r\n")
    assert short[-2].count("\t") == short[0].count("\t") - 2
    assert table(TRANSFORMS["header_only"](ORDERS)) == []
    assert b"errorDetails" in TRANSFORMS["error_as_document"](ORDERS).body


def test_gzip_can_break_off_come_in_members_or_have_a_tail() -> None:
    compressed = gzip.compress(ORDERS.body, mtime=0)
    with pytest.raises(EOFError):
        gzip.decompress(WIRE_TRANSFORMS["truncated_gzip"](compressed))
    members = WIRE_TRANSFORMS["gzip_members"](compressed)
    assert gzip.decompress(members) == ORDERS.body
    assert members.count(b"\x1f\x8b\x08") >= 3
    assert gzip.decompress(WIRE_TRANSFORMS["gzip_trailing_garbage"](compressed)) == ORDERS.body
