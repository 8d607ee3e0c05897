"""Comma-separated reports: here quotes do quote, and a quoted cell may hold commas, quotes and line ends."""

from __future__ import annotations

import csv
import io
import tempfile
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import column, make_context, make_report, quarantine, rows, small_blocks

REPORT = make_report(
    [column("sku"), column("note"), column("price", "decimal")], format="csv", dataset={"day_of": "fetch", "date_column": None}
)
NOTES = ["plain", "with, comma", 'with "quotes"', "two\nlines", "two\r\nlines", "Größe", ""]


@pytest.mark.parametrize("size", [20, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_quoted_cells_come_back_as_they_went_in(load, lake, monkeypatch, size, encoding):
    small_blocks(monkeypatch, size)
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


def test_an_empty_csv_is_empty(load):
    assert load(b"", REPORT).is_empty


STRAY = [
    ("inside a cell", 's1,1/2" pipe,1.5\ns2,b,2.5\n', {1: '1/2" pipe', 2: "b"}, []),
    ("never closed", 's1,"never closed,1.5\ns2,b,2.5\ns3,c,3.5\n', {2: "b", 3: "c"}, [1]),
    ("text after it", 's1,"Classic" mug,1.5\ns2,b,2.5\n', {2: "b"}, [1]),
    ("closed too late", 's1,"open,1.5\ns2,b"\ns3,c,3.5\n', {3: "c"}, [1, 2]),
    ("closed inside the next good cell", 's1,"open,1.5\ns2,"b, c",2.5\ns3,c,3.5\n', {2: "b, c", 3: "c"}, [1]),
]


@pytest.mark.parametrize("size", [20, 1 << 20])
@pytest.mark.parametrize(("body", "notes", "bad"), [s[1:] for s in STRAY], ids=[s[0] for s in STRAY])
def test_a_stray_quote_costs_its_own_line_and_no_other(load, lake, monkeypatch, size, body, notes, bad):
    small_blocks(monkeypatch, size)
    result = load(b"sku,note,price\n" + body.encode(), REPORT)
    assert {r["_row"]: r["note"] for r in rows(lake)} == notes
    assert [q["row"] for q in quarantine(lake)] == bad
    assert result.datasets["sample"].rows_in == len(notes) + len(bad)


def test_a_quote_that_stays_open_to_the_end_costs_one_line_of_many(load, lake, monkeypatch):
    monkeypatch.setattr("spapi_assets.ingest.documents.csv_document.LONGEST_LINE", 1 << 18)
    result = load(b'sku,note,price\n"a,' + b"b,c,1.5\n" * (1 << 16), REPORT)
    assert (result.datasets["sample"].rows_in, result.quarantined) == (1 << 16, 1)
    assert quarantine(lake)[0]["reason"] == "a quote that does not close where the cell ends"


def test_cells_are_exact_where_carriage_returns_end_the_lines(load, lake):
    load(b'sku,note,price\r"a","two\nlines",1.5\rb,"with ""quotes""",2.5\r', REPORT)
    assert [(r["sku"], r["note"]) for r in rows(lake)] == [("a", "two\nlines"), ("b", 'with "quotes"')]


def test_a_carriage_return_inside_a_bare_cell_is_data(load, lake):
    load(b"sku,note,price\r\na,x\ry,1.5\r\nb,z,2.5\r\n", REPORT)
    assert [r["note"] for r in rows(lake)] == ["x\ry", "z"]


def test_a_cell_of_a_megabyte_is_read_whole(load, lake):
    long = ("word, " * 200_000).strip()
    load(f'sku,note,price\na,"{long}",1.5\n'.encode(), REPORT)
    assert rows(lake)[0]["note"] == long


def test_a_broken_byte_costs_its_record_only(load, lake):
    body = "sku,note,price\n" + "".join(f'"s{i}","Größe {i}",1.5\n' for i in range(50))
    load(body.encode().replace('Größe 7"'.encode(), b'Gr\xf6\xdfe 7"'), REPORT)
    assert [q["row"] for q in quarantine(lake)] == [8]
    assert len(rows(lake)) == 49
    assert rows(lake)[0]["note"] == "Größe 0"


@pytest.mark.parametrize(
    ("text", "delimiter", "quoted"),
    [
        ('sku;note;price\na;"x;y";1,5\n', ";", True),
        ("sku\tnote\tprice\na\tx;y\t1,5\n", "TAB", False),
        ('"sku"\t"note"\t"price"\n"a"\t"x;y"\t"1,5"\n', "TAB", True),
    ],
)
def test_a_document_with_other_delimiters_than_the_registry_says_is_read_by_its_header(load, lake, text, delimiter, quoted):
    result = load(text.encode(), REPORT)
    assert result.decisions["dialect"]["delimiter"] == delimiter
    assert (result.decisions["dialect"]["quoting"] != "none: quotes are data") is quoted
    assert rows(lake)[0]["note"] == "x;y"
    assert any("not what the registry says" in w for w in result.warnings)


@st.composite
def documents(draw: Any) -> tuple[list[list[str]], str]:
    """Records as any writer makes them, and the document: cells quoted where they must be, or always."""
    text = st.text(st.one_of(st.sampled_from('ab",\n\r ;\u2028é商'), st.characters(blacklist_categories=("Cs",))), max_size=8)
    cells = draw(st.lists(st.lists(text.filter(lambda t: "\x00" not in t), min_size=2, max_size=2), min_size=1, max_size=20))
    target = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(target, lineterminator=draw(st.sampled_from(["\n", "\r\n"])), quoting=quoting)
    writer.writerow(["sku", "note", "end"])
    writer.writerows([*row, "x"] for row in cells)
    return cells, target.getvalue()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.integers(1, 60))
def test_whatever_a_csv_writer_writes_comes_back(document, size):
    expected, text = document
    report = make_report(
        [column("sku"), column("note"), column("end")], format="csv", dataset={"day_of": "fetch", "date_column": None}
    )
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        small_blocks(patch, size)
        lake = Lake(folder)
        load_document([text.encode()], make_context(report), lake)
        assert [[r["sku"] or "", r["note"] or ""] for r in rows(lake)] == expected
        assert not quarantine(lake)
