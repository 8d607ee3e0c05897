"""Comma-separated reports: here quotes do quote, and a quoted cell may hold commas, quotes and line ends."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from spapi_assets.ingest.documents.errors import UnreadableDocument
from tests.documents.conftest import column, make_report, quarantine, rows

REPORT = make_report(
    [column("sku"), column("note"), column("price", "decimal")], format="csv", dataset={"day_of": "fetch", "date_column": None}
)
NOTES = ["plain", "with, comma", 'with "quotes"', "two\nlines", "two\r\nlines", "Größe", ""]


@pytest.mark.parametrize("size", [20, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_quoted_cells_come_back_as_they_went_in(load, lake, monkeypatch, size, encoding):
    monkeypatch.setattr("spapi_assets.ingest.documents.lines.Lines.__init__.__defaults__", (size,))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["sku", "note", "price"])
    writer.writerows([f"s{i}", note, "1,234.50"] for i, note in enumerate(NOTES))
    result = load(text.getvalue().encode(encoding), REPORT)
    assert [r["note"] or "" for r in rows(lake)] == NOTES
    assert {r["price"] for r in rows(lake)} == {Decimal("1234.5")}
    assert result.datasets["sample"].rows_in == len(NOTES)


def test_records_of_the_wrong_width_go_to_the_quarantine(load, lake):
    result = load(b'sku,note,price\r\na,b,1.5\r\n"x,y",b\r\n\r\nc,d,2.5', REPORT)
    assert [(q["row"], q["raw"]) for q in quarantine(lake)] == [(2, '"x,y",b')]
    assert [r["_row"] for r in rows(lake)] == [1, 3]
    assert result.datasets["sample"].rows_in == 3


def test_an_empty_csv_is_empty_and_one_whose_quote_never_closes_is_refused(load, lake, monkeypatch):
    assert load(b"", REPORT).is_empty
    monkeypatch.setattr("spapi_assets.ingest.documents.csv_document.LONGEST_LINE", 1 << 20)
    with pytest.raises(UnreadableDocument, match="quote stays open"):
        load(b'sku,note,price\n"a,' + b"b\n" * (2 << 20), REPORT)
