"""What damaged documents look like: flat files, JSON, XML and files, each left alone by oddities that do not fit it."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from lxml import etree

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import TRANSFORMS, WIRE_TRANSFORMS, Document

from .kestrel import BY_ORDER_DATE, TRAFFIC, ask, table

BUSINESS = Business()
DAY = ("2026-10-20T00:00:00", "2026-10-20T23:59:59")
FLAT = ask(BUSINESS, BY_ORDER_DATE, ["DE"], *DAY)
JSON = ask(BUSINESS, TRAFFIC, ["DE"], *DAY)
XML = ask(BUSINESS, "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", ["DE"], *DAY)
FILE = ask(BUSINESS, "FEE_DISCOUNTS_REPORT", ["DE"], *DAY)


def test_nothing_is_left_but_the_frame() -> None:
    assert table(TRANSFORMS["header_only"](FLAT)) == []
    emptied = json.loads(TRANSFORMS["header_only"](JSON).body)
    assert emptied["reportSpecification"] == json.loads(JSON.body)["reportSpecification"]
    assert emptied["salesAndTrafficByAsin"] == emptied["salesAndTrafficByDate"] == []
    root = etree.fromstring(TRANSFORMS["header_only"](XML).body)
    assert [child.tag for child in root] == ["Header", "MessageType"]
    assert [TRANSFORMS["empty_body"](document).body for document in (FLAT, JSON, XML, FILE)] == [b""] * 4


def test_a_provisional_document_has_smaller_figures_or_fewer_rows_and_nothing_else_changed() -> None:
    rows, fewer = table(FLAT), table(TRANSFORMS["provisional"](FLAT))
    assert fewer == rows[: len(rows) - len(rows) // 10]
    orders = etree.fromstring(XML.body).findall("Message")
    assert len(etree.fromstring(TRANSFORMS["provisional"](XML).body).findall("Message")) == len(orders) - len(orders) // 10
    final, early = json.loads(JSON.body), json.loads(TRANSFORMS["provisional"](JSON).body)
    assert early["reportSpecification"] == final["reportSpecification"]
    for name in ("salesByDate", "trafficByDate"):
        before, after = early["salesAndTrafficByDate"][0][name], final["salesAndTrafficByDate"][0][name]
        assert set(before) == set(after)
    sales = [content["salesAndTrafficByDate"][0]["salesByDate"] for content in (early, final)]
    assert sales[0]["unitsOrdered"] < sales[1]["unitsOrdered"]
    assert sales[0]["orderedProductSales"]["amount"] < sales[1]["orderedProductSales"]["amount"]
    assert sales[0]["refundRate"] == sales[1]["refundRate"]


def test_broken_ends_and_wrong_labels() -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(TRANSFORMS["cut_off"](JSON).body)
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(TRANSFORMS["cut_off"](XML).body)
    assert TRANSFORMS["mislabelled_charset"](FLAT) == Document(FLAT.body, "text/plain; charset=UTF-8")
    assert TRANSFORMS["mislabelled_charset"](JSON) == Document(JSON.body, "application/json; charset=Cp1252")


def test_lines_are_broken_where_no_reader_expects_it() -> None:
    text = FLAT.body.decode("cp1252")
    assert TRANSFORMS["lf_newlines"](FLAT).body.decode("cp1252") == text.replace("\r\n", "\n")
    longer = TRANSFORMS["tab_in_field"](FLAT).body.decode("cp1252").split("\r\n")[-2]
    assert longer == "two\t" + text.split("\r\n")[-2]
    marked = TRANSFORMS["next_line_in_field"](FLAT)
    assert marked.body.count(b"\x85\t") >= len(table(FLAT))
    assert len(table(marked)) == len(table(FLAT))
    spaced = TRANSFORMS["blank_lines"](FLAT).body.decode("cp1252").split("\r\n")
    assert spaced[::2] == text.split("\r\n")


@pytest.mark.parametrize("name", ["extra_column", "bad_value", "short_row", "cr_newlines", "tab_in_field"])
def test_oddities_of_lines_leave_other_formats_alone(name: str) -> None:
    for document in (JSON, XML, FILE):
        assert TRANSFORMS[name](document) == document


@pytest.mark.parametrize("name", ["header_only", "provisional", "other_charset", "utf8_bom"])
def test_oddities_of_text_leave_binary_files_alone(name: str) -> None:
    assert TRANSFORMS[name](FILE) == FILE


def test_a_garbled_stream_does_not_decompress() -> None:
    compressed = gzip.compress(FLAT.body, mtime=0)
    garbled = WIRE_TRANSFORMS["garbled_gzip"](compressed)
    assert len(garbled) == len(compressed)
    with pytest.raises((zlib.error, gzip.BadGzipFile, EOFError)):
        gzip.decompress(garbled)
