"""Every odd document loads to exactly the rows it holds, or not at all: rows in are rows out and quarantined ones, always."""

from __future__ import annotations

import gzip
from functools import reduce
from typing import Any

import pytest

from spapi_assets.ingest.documents.errors import TruncatedDocument, WrongDocument
from spapi_assets.ingest.documents.load import load_document
from tests.documents.conftest import make_context, quarantine, rows, small_blocks
from tests.documents.golden import GOLDEN, HEADER, LISTINGS, Golden, line, table


def assert_as_told(result: Any, lake: Any, golden: Golden) -> None:
    got = {r["_row"]: r for r in rows(lake)}
    assert sorted(got) == sorted(golden.rows)
    for number, cells in golden.rows.items():
        shown = {name: got[number][name] for name in cells}
        assert {n: v if isinstance(v, str | int | None) else str(v) for n, v in shown.items()} == cells
    assert sorted(q["row"] for q in quarantine(lake)) == list(golden.quarantined)
    load = result.datasets["sample"]
    assert load.rows_in == load.rows_out + load.quarantined == len(golden.rows) + len(golden.quarantined)
    for path, value in golden.decisions.items():
        assert reduce(lambda found, key: found[key], path.split("."), result.decisions) == value
    assert golden.warning in " ".join(result.warnings)


@pytest.mark.parametrize("name", GOLDEN)
def test_an_odd_document_loads_as_told(lake, name):
    golden = GOLDEN[name]
    result = load_document([golden.body], make_context(golden.report, **golden.context), lake)
    assert_as_told(result, lake, golden)


@pytest.mark.parametrize("name", GOLDEN)
def test_it_loads_the_same_from_blocks_of_any_size(lake, monkeypatch, name):
    golden = GOLDEN[name]
    # The dialect is decided from the first 64 KiB, which must hold the lines that show it.
    shows = "dialect.delimiter" in golden.decisions
    small_blocks(monkeypatch, 1 << 16 if len(golden.body) > 10_000 else 1 << 10 if shows else 64)
    result = load_document(
        [golden.body[i : i + 7] for i in range(0, len(golden.body), 7)], make_context(golden.report, **golden.context), lake
    )
    assert_as_told(result, lake, golden)


@pytest.mark.parametrize("cut", [1, 5, 9, 60])
def test_a_gzip_that_ends_early_leaves_nothing(lake, cut):
    body = gzip.compress(table(*(line(f"s{i}") for i in range(100))).encode())
    with pytest.raises(TruncatedDocument, match="cut short"):
        load_document([body[:-cut]], make_context(LISTINGS), lake)
    assert list(lake.list()) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"errorDetails": "The requested data is unavailable."}', "The requested data is unavailable"),
        ('{\n  "errors": [\n    {\n      "code": "InternalFailure"\n    }\n  ]\n}', "InternalFailure"),
        ("<!DOCTYPE html>\n<html><body>\n<h1>503 Service Unavailable</h1>\n</body></html>", "503 Service Unavailable"),
        ("Error: no data found for the given date range", "no data found"),
    ],
)
@pytest.mark.parametrize("format", ["tsv", "csv"])
def test_an_explanation_delivered_as_a_report_is_told_and_loads_nothing(lake, body, said, format):
    report = LISTINGS.model_copy(update={"format": format})
    with pytest.raises(WrongDocument, match=said):
        load_document([body.encode()], make_context(report), lake)
    assert not list(lake.list("raw"))


def test_only_the_last_of_a_hundred_thousand_rows_is_bad(lake):
    body = table(*(line(f"s{i}", f"Größe {i % 50}") for i in range(99_999)), line("last", price="1.5.0")).encode()
    result = load_document([gzip.compress(body, 1)], make_context(LISTINGS), lake)
    load = result.datasets["sample"]
    assert (load.rows_in, load.rows_out, load.quarantined) == (100_000, 99_999, 1)
    (bad,) = quarantine(lake)
    assert (bad["row"], bad["column"], bad["value"]) == (100_000, "price", "1.5.0")
    assert bad["raw"] == line("last", price="1.5.0")


def test_a_header_in_a_language_nobody_entered_is_told_with_what_to_do(lake):
    body = table(line("a"), header="sku-verkäufer\tx\tbezeichnung\tpreis2\tanzahl\tdatum").encode()
    with pytest.raises(WrongDocument, match="aliases"):
        load_document([body], make_context(LISTINGS), lake)


def test_the_header_alone_names_no_row(lake):
    """A second header in the middle, as files put together have it, is a line whose values do not fit."""
    result = load_document([table(line("a"), HEADER, line("b")).encode()], make_context(LISTINGS), lake)
    assert result.quarantined == 1
    assert [r["seller_sku"] for r in rows(lake)] == ["a", "b"]
