"""Odd flat files as Amazon sends them: charsets, line ends, quotes, headers, short and long lines."""

from __future__ import annotations

import gzip
from datetime import date
from decimal import Decimal

import pytest

from spapi_assets.ingest.documents.errors import UnreadableDocument, WrongDocument
from spapi_assets.ingest.documents.load import load_document
from tests.documents.conftest import HEADER, ORDERS, column, make_context, make_report, order, quarantine, rows, small_blocks

SMALL = make_report([column("sku"), column("price", "decimal")], dataset={"day_of": "fetch", "date_column": None})


def test_rows_become_typed_and_lie_in_the_partition_of_their_utc_day(load, lake):
    result = load([order(1), order(2, day="2026-11-03T00:30:00+02:00"), order(3, day="2026-11-03T23:59:59Z")])
    assert [p.day.day for p in result.datasets["sample"].partitions] == [1, 2, 3]
    assert [p.rows for p in result.datasets["sample"].partitions.values()] == [1, 1, 1]
    first = rows(lake)[0]
    assert first["price"] == Decimal("1.5")
    assert first["quantity"] == 1
    assert first["business"] is True
    assert first["shipped"] == date(2026, 11, 2)
    assert first["_row"] == 1
    assert first["_report_id"] == "r1"
    assert first["_document_sha256"] == result.sha256


def test_identifiers_are_text_whatever_they_look_like(load, lake):
    ids = ["0012", "1E5", "=cmd()", "true", "NaN", "null", "-0", "1,000"]
    load([order(i) for i in ids])
    assert [r["order_id"] for r in rows(lake)] == ids


def test_quotes_are_data(load, lake):
    titles = ['1/2" pipe', '"Classic"', '"never closed', "it's", '""', 'tail"']
    load([order(i, title=t) for i, t in enumerate(titles)])
    assert [r["title"] for r in rows(lake)] == titles


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_three_line_ends_are_read_and_unicode_separators_are_data(load, lake, end):
    titles = ["a\u0085b", "c\u2028d", "e\x0bf\x0cg", "h\x1ci"]
    text = end.join([HEADER, *(order(i, title=t) for i, t in enumerate(titles))]) + end
    load(text.encode())
    assert [r["title"] for r in rows(lake)] == titles


def test_a_carriage_return_inside_a_line_is_data_where_lf_ends_lines(load, lake):
    load((HEADER + "\n" + order(1, title="two\rparts") + "\n" + order(2) + "\n").encode())
    assert [r["title"] for r in rows(lake)] == ["two\rparts", "Mug"]


def test_blank_lines_and_a_missing_last_line_end_are_no_rows(load, lake):
    result = load(("\r\n" + HEADER + "\r\n\r\n" + order(1) + "\r\n\r\n\r\n" + order(2)).encode())
    assert result.datasets["sample"].rows_in == 2
    assert [r["_row"] for r in rows(lake)] == [1, 2]


@pytest.mark.parametrize(
    ("content_type", "encoding", "title", "charset"),
    [
        ("text/plain; charset=Cp1252", "cp1252", "Größe – 5 €", "cp1252"),
        ("text/plain;charset=windows-31j", "cp932", "髙島屋①～表", "cp932"),
        ("text/plain; charset=Shift_JIS", "cp932", "①商品", "cp932"),
        ("text/plain; charset=UTF-8", "utf-8", "Größe 商品", "utf-8"),
        (None, "utf-8", "Größe 商品", "utf-8"),
        (None, "utf-8-sig", "Größe", "utf-8"),
        (None, "utf-16", "Größe 商品", "utf-8"),
        (None, "cp1252", "Größe", "cp1252"),
        ("text/plain; charset=UTF-8", "cp1252", "Größe", "cp1252"),
        ("text/plain; charset=x-klingon", "utf-8", "Größe", "utf-8"),
    ],
)
def test_the_charset_follows_the_evidence(load, lake, content_type, encoding, title, charset):
    result = load([order(1), order(2, title=title)], encoding=encoding, content_type=content_type)
    assert [r["title"] for r in rows(lake)] == ["Mug", title]
    assert result.decisions["charset"]["charset"] == charset
    assert result.decisions["charset"]["evidence"]


def test_a_japanese_document_without_declaration_is_windows_31j_by_its_marketplace(load, lake):
    load([order(1, title="商品")], encoding="cp932", marketplace="JP")
    assert rows(lake)[0]["title"] == "商品"


def test_bytes_that_cp1252_leaves_undefined_do_not_fail(load, lake):
    body = (HEADER + "\r\n" + order(1, title="A@B") + "\r\n").encode().replace(b"A@B", b"A\x81\x8d\xfcB")
    load(body, content_type="text/plain; charset=Cp1252")
    assert rows(lake)[0]["title"] == "A\x81\x8düB"


def test_a_broken_line_in_a_utf8_document_goes_to_the_quarantine(load, lake):
    body = "\r\n".join([HEADER, *(order(i, title="Größe") for i in range(5)), order("bad", title="@@"), ""]).encode()
    result = load(body.replace(b"@@", b"\xff\xfe"))
    assert (result.datasets["sample"].rows_out, result.quarantined) == (5, 1)
    assert quarantine(lake)[0]["row"] == 6
    assert "not valid utf-8" in quarantine(lake)[0]["reason"]


def test_short_and_long_lines_go_to_the_quarantine_with_number_and_line(load, lake):
    result = load(["a\t1", "b", "c\t2\textra", "d\t3\t\t"], SMALL, header="sku\tprice")
    found = quarantine(lake)
    assert [(q["row"], q["raw"]) for q in found] == [(2, "b"), (3, "c\t2\textra")]
    assert found[0]["reason"] == "short line: 1 cells instead of 2"
    # Trailing tabs hold no value: the line with nothing but them in excess is whole.
    assert [r["sku"] for r in rows(lake)] == ["a", "d"]
    assert result.datasets["sample"].rows_in == 4


def test_headers_match_whatever_their_case_spaces_hyphens_and_quotes(load, lake):
    result = load(
        [order(1)], header=HEADER.replace("order-id", '"ORDER_ID"').replace("title", " Ti tle ").replace("price", "PRICE")
    )
    assert not result.datasets["sample"].unknown_columns
    assert rows(lake)[0]["title"] == "Mug"


def test_aliases_match_localised_headers(load, lake):
    report = make_report(
        [column("sku", aliases=("出品者SKU",)), column("title", aliases=("商品名",))],
        dataset={"day_of": "fetch", "date_column": None},
    )
    load(["a\tマグ"], report, header="出品者SKU\t商品名", encoding="cp932", content_type="text/plain; charset=windows-31j")
    assert rows(lake)[0]["sku"] == "a"
    assert rows(lake)[0]["title"] == "マグ"


def test_repeated_and_unknown_headers_are_kept_as_text_under_unique_names(load, lake):
    result = load(["a\t1\tx\ty\tz\tw"], SMALL, header="sku\tprice\tDeprecated column\tDeprecated column\tdate\tNew Thing (EUR)")
    assert result.datasets["sample"].unknown_columns == ("deprecated_column", "deprecated_column_2", "date_2", "new_thing_eur")
    row = rows(lake)[0]
    assert (row["deprecated_column"], row["deprecated_column_2"], row["date_2"], row["new_thing_eur"]) == ("x", "y", "z", "w")
    assert any("new_thing_eur" in w for w in result.warnings)


def test_missing_columns_are_null_and_reported(load, lake):
    result = load(["a"], SMALL, header="sku")
    assert result.datasets["sample"].missing_columns == ("price",)
    assert rows(lake)[0]["price"] is None


def test_a_document_without_its_date_column_is_refused_not_quarantined_whole(load, lake):
    with pytest.raises(UnreadableDocument, match="'updated', which decides the day"):
        load(["a\tb"], header="order-id\ttitle")
    assert not list(lake.list("raw"))


def test_an_error_text_instead_of_a_flat_file_is_a_wrong_document(load, lake):
    with pytest.raises(WrongDocument, match="The requested data is unavailable"):
        load(b'{"errorDetails": "The requested data is unavailable."}')
    assert not list(lake.list("raw"))


def test_values_that_do_not_fit_take_their_line_to_the_quarantine_and_the_rest_loads(load, lake):
    lines = [
        order(1),
        order(2, price="abc"),
        order(3, quantity="1.5"),
        order(4, price="1.23456"),
        order("", title="no id"),
        order(6, price="12345678901234567890.0"),
        order(7, quantity="0x10"),
        order(8),
    ]
    result = load(lines)
    dataset = result.datasets["sample"]
    assert (dataset.rows_in, dataset.rows_out, dataset.quarantined) == (8, 2, 6)
    assert [(q["row"], q["column"]) for q in quarantine(lake)] == [
        (2, "price"), (3, "quantity"), (4, "price"), (5, "order_id"), (6, "price"), (7, "quantity"),
    ]  # fmt: skip
    assert [r["_row"] for r in rows(lake)] == [1, 8]


def test_a_load_without_rejected_rows_removes_the_old_quarantine(load, lake):
    load([order(1, price="abc")])
    assert quarantine(lake)
    result = load([order(1)])
    assert result.datasets["sample"].quarantine_uri is None
    assert not quarantine(lake)


def test_personal_data_reaches_neither_lake_nor_quarantine_nor_preview(load, lake):
    result = load([order(1), order(2, price="abc"), "short\tErika"])
    everything = b"".join(lake.read_bytes(p) for p in lake.list() if not p.endswith(".gz"))
    assert b"Erika" not in everything
    assert "Erika" not in str(result)
    assert "buyer" not in rows(lake)[0]
    assert quarantine(lake)[0]["raw"].count("[personal data]") == 1


def test_personal_data_that_the_deployment_names_is_kept(load, lake):
    result = load([order(1)], pii_columns=frozenset({"sample.buyer"}))
    assert rows(lake)[0]["buyer"] == "Erika"
    assert "Mug" in str(result.datasets["sample"].preview())
    assert "Erika" not in str(result.datasets["sample"].preview())


def test_rows_outside_the_window_never_replace_another_days_partition(load, lake):
    load([order("old", day="2026-11-09T00:00:00Z")], start=date(2026, 11, 9), end=date(2026, 11, 9))
    load([order(1), order("late", day="2026-11-09T00:00:00Z")], report_id="r2")
    assert [r["order_id"] for r in rows(lake)] == ["old", "1"]
    assert "outside the window asked for" in quarantine(lake)[0]["reason"]


def test_days_without_rows_and_documents_without_rows_write_the_schema_only(load, lake):
    result = load([])
    assert result.is_empty
    assert result.decisions["empty"]
    assert [p.rows for p in result.datasets["sample"].partitions.values()] == [0, 0, 0]
    assert rows(lake) == []
    assert len(list(lake.list("raw"))) == 3
    assert any("no rows" in w for w in result.warnings)


def test_an_empty_plain_body_is_an_empty_document(lake):
    result = load_document([], make_context(), lake)
    assert result.is_empty
    assert len(result.datasets["sample"].partitions) == 3


def test_blocks_that_need_care_and_blocks_that_do_not_give_the_same(load, lake):
    clean = [order(i, title=f"Größe {i}", price=f"{i}.25") for i in range(300)]
    load(clean)
    quick = rows(lake)
    load([*clean, "short"])
    careful = rows(lake)
    assert [{**r, "_document_sha256": ""} for r in quick] == [{**r, "_document_sha256": ""} for r in careful]


def test_every_block_of_a_large_document_keeps_its_line_numbers(lake, monkeypatch):
    small_blocks(monkeypatch, 4096)
    lines = [order(i, title="x" * (i % 90), day=f"2026-11-0{1 + i % 3}T00:00:00Z") for i in range(5000)]
    lines[1234] = "short"
    body = "\r\n".join([HEADER, *lines, ""]).encode()
    result = load_document([gzip.compress(body)], make_context(ORDERS), lake)
    assert result.datasets["sample"].rows_out == 4999
    assert [(r["_row"], r["order_id"]) for r in rows(lake)] == [(i + 1, str(i)) for i in range(5000) if i != 1234]
    assert quarantine(lake)[0]["row"] == 1235
