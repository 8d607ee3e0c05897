"""Excel workbooks: sheets by name, headers below titles, typed cells beside local texts, formulas, and what is no workbook."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.documents.errors import UnreadableDocument, WrongDocument
from tests.documents.conftest import column, make_report, quarantine, rows

COLUMNS = (
    column("sku", required=True),
    column("title"),
    column("price", "decimal", unit="currency"),
    column("discount", "decimal", unit="percent"),
    column("quantity", "integer"),
    column("starts", "date"),
    column("made", "timestamp"),
    column("business", "boolean"),
    column("buyer", pii=True),
)
HEADER = [c.header for c in COLUMNS]


def dataset(name: str = "sample", section: str | None = None) -> Dataset:
    return Dataset(
        name=name, title="t", description="d", grain="g", section=section, columns=COLUMNS, day_of="fetch", date_column=None
    )  # fmt: skip


REPORT = make_report([], format="xlsx", datasets=(dataset(),))


def workbook(*sheets: tuple[str, list[list[Any]]], formats: dict[str, str] | None = None) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, lines in sheets:
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
        for place, form in (formats or {}).items():
            sheet[place].number_format = form
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_typed_cells_come_as_they_are_and_texts_stay_texts(load, lake):
    made = datetime.fromisoformat("2026-11-01T10:30:00")  # Excel knows no time zones
    lines = [
        HEADER,
        ["00123", "1E5", 12.1, 0.125, 3, date(2026, 11, 2), made, True, "Erika"],
        ["+1", 17, 1e-3, 5, 4.0, None, None, False],
    ]
    result = load(workbook(("Fees", lines), formats={"D2": "0.00%"}), REPORT)
    first, second = rows(lake)
    assert (first["sku"], first["title"], first["price"], first["discount"]) == ("00123", "1E5", Decimal("12.1"), Decimal("12.5"))
    assert (first["quantity"], first["starts"], first["made"]) == (3, date(2026, 11, 2), made.replace(tzinfo=UTC))
    assert (first["business"], second["business"]) == (True, False)
    assert (second["title"], second["price"], second["quantity"]) == ("17", Decimal("0.001"), 4)
    assert result.datasets["sample"].rows_in == 2
    assert "buyer" not in first


def test_typed_numbers_are_certain_whatever_mark_the_texts_have(load, lake):
    lines = [HEADER, ["a", None, "1.234,50"], ["b", None, 1.234], ["c", None, 1234], ["d", None, "1.234"]]
    result = load(workbook(("S", lines)), REPORT)
    assert [r["price"] for r in rows(lake)] == [Decimal("1234.5"), Decimal("1.234"), Decimal(1234), Decimal(1234)]
    assert result.decisions["sheets"]["sample"]["locale"]["decimal"] == ","


def test_without_evidence_only_texts_with_two_readings_are_quarantined(load, lake):
    lines = [HEADER, ["a", None, 1.234], ["b", None, "1.234"], ["c", None, 12.125]]
    load(workbook(("S", lines)), REPORT, marketplace="DE")
    assert [(r["sku"], r["price"]) for r in rows(lake)] == [("a", Decimal("1.234")), ("c", Decimal("12.125"))]
    assert quarantine(lake)[0]["value"] == "1.234"


def test_the_header_is_found_below_titles_and_blank_rows_are_no_rows(load, lake):
    lines = [["Fee discounts"], [], ["Made on", date(2026, 11, 1)], HEADER, ["a"], [], ["b"], [None] * 9, ["", ""]]
    result = load(workbook(("S", lines)), REPORT)
    assert [r["sku"] for r in rows(lake)] == ["a", "b"]
    noted = result.decisions["sheets"]["sample"]
    assert noted["header_row"] == 4
    assert noted["title_rows"] == [["Fee discounts"], ["Made on", "2026-11-01"]]
    assert result.datasets["sample"].rows_in == 2


def test_each_dataset_reads_its_sheet_and_the_others_are_named(load, lake):
    report = make_report([], format="xlsx", datasets=(dataset("sample", "Fees"), dataset("other", "Discounts")))
    result = load(workbook(("Notes", [["x"]]), ("Fees", [HEADER, ["a"]]), ("DISCOUNTS", [HEADER, ["b"], ["c"]])), report)
    assert result.rows == {"sample": 1, "other": 2}
    assert any("only in the archive: Notes" in w for w in result.warnings)


def test_a_missing_sheet_is_a_wrong_document_that_names_those_there_are(load, lake):
    report = make_report([], format="xlsx", datasets=(dataset("sample", "Fees"),))
    with pytest.raises(WrongDocument, match="no sheet 'Fees' for sample; it has 'Gebühren', 'Notes'"):
        load(workbook(("Gebühren", [HEADER]), ("Notes", [])), report)
    assert not list(lake.list("raw"))


def test_unknown_columns_are_kept_and_misfits_quarantined(load, lake):
    lines = [[*HEADER, "New thing"], ["a", *[None] * 8, 5.5], ["b", "t", "x"], [None, "no sku"], ["d", *[None] * 9, "beyond"]]
    result = load(workbook(("S", lines)), REPORT)
    assert result.datasets["sample"].unknown_columns == ("new_thing",)
    assert rows(lake)[0]["new_thing"] == "5.5"
    assert [(q["row"], q["column"]) for q in quarantine(lake)] == [(2, "price"), (3, "sku"), (4, None)]
    assert (result.datasets["sample"].rows_in, result.datasets["sample"].rows_out) == (4, 1)


def test_a_formula_nobody_calculated_is_quarantined_not_taken_for_blank(load, lake):
    result = load(workbook(("S", [HEADER, ["a", "t", "=1+1"], ["b", "t", 2]])), REPORT)
    assert [r["sku"] for r in rows(lake)] == ["b"]
    assert quarantine(lake)[0]["reason"] == "a formula without a stored value"
    assert result.quarantined == 1


def test_long_workbooks_keep_their_row_numbers(load, lake):
    result = load(workbook(("S", [HEADER, *([f"s{i}", None, i if i != 4999 else "x"] for i in range(5000))])), REPORT)
    assert (result.datasets["sample"].rows_out, result.quarantined) == (4999, 1)
    assert quarantine(lake)[0]["row"] == 5000


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (b'{"errorDetails": "Not available"}', WrongDocument, "Not available"),
        (b"<html>503</html>", WrongDocument, "503"),
        (workbook(("S", [HEADER, ["a"]]))[:-100], UnreadableDocument, "cannot be opened"),
        (b"PK\x03\x04 no zip", UnreadableDocument, "cannot be opened"),
        (workbook(("S", [["Total", "nothing"], [1, 2]])), WrongDocument, "none of the columns"),
    ],
)
def test_what_is_no_such_workbook_is_refused(load, lake, body, error, message):
    with pytest.raises(error, match=message):
        load(body, REPORT)
    assert not list(lake.list("raw"))


@pytest.mark.parametrize("body", [b"", workbook(("S", [])), workbook(("S", [HEADER]))])
def test_a_workbook_without_rows_is_empty(load, body):
    assert load(body, REPORT).is_empty
