"""JSONL documents: a line is an element, a bad line its own problem, a cut end is noticed, a huge line is read in parts."""

from __future__ import annotations

import gzip
import json
import tempfile
from datetime import date
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spapi_assets.datasets.model import Dataset, DayOf, Report
from spapi_assets.ingest.documents import json_lines, json_sections, receive
from spapi_assets.ingest.documents.errors import TruncatedDocument, UnreadableDocument
from spapi_assets.ingest.documents.json_lines import LineScanner
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import column, make_context, make_report, quarantine, rows

DAY = column("day", "date", path="/startDate", required=True)
COMMON: dict[str, Any] = {"title": "t", "description": "d", "grain": "g", "day_of": DayOf.COLUMN, "date_column": "day"}
LINES = Dataset(
    name="sample", section="lines", **COMMON,
    columns=(
        column("day", "date", path="startDate", required=True), column("sku", path="sku"),
        column("units", "integer", path="sales.units"), column("amount", "decimal", path="sales.ordered.amount"),
    ),
)  # fmt: skip
METRICS = Dataset(
    name="metrics", section="lines.metrics", **COMMON,
    columns=(DAY, column("asin", path="groupByKey.asin"), column("units", "integer", path="metrics.units")),
)  # fmt: skip
TOTALS = Dataset(name="totals", section="lines.totals", **COMMON, columns=(DAY, column("units", "integer", path="units")))
WEEKS = Dataset(
    name="weeks", section="lines.metrics.metrics.forecasting", **COMMON,
    columns=(DAY, column("asin", path="../groupByKey.asin"), column("week", "integer", path="week")),
)  # fmt: skip


def report(*datasets: Dataset) -> Report:
    return make_report([], format="jsonl", report_type="root.field", query={}, datasets=datasets)


ONE, NESTED = report(LINES), report(METRICS, TOTALS, WEEKS)


def line(sku: str = "A", **more: Any) -> dict[str, Any]:
    return {"startDate": "2026-11-01", "sku": sku, "sales": {"units": 2, "ordered": {"amount": 5.5}}, **more}


def load(body: bytes, lake: Lake, kind: Report = ONE, step: int = 997, **more: Any) -> Any:
    return load_document([body[i : i + step] for i in range(0, len(body), step)], make_context(kind, **more), lake)


def written(*lines: Any, end: str = "\n") -> bytes:
    return "\n".join(value if isinstance(value, str) else json.dumps(value) for value in lines).encode() + end.encode()


@pytest.mark.parametrize("end", ["\n", "", "\r\n", "\n\n  \n"])
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_every_line_is_a_row_however_the_document_ends_and_arrives(lake: Lake, end: str, step: int) -> None:
    tricky = 'quote " and },{ and \\ Größe \u2028 \u0085'
    result = load(written(line("A"), "", line(tricky), " ", line("C"), end=end), lake, step=step)
    assert [r["sku"] for r in rows(lake)] == ["A", tricky, "C"]
    assert result.warnings == []
    assert result.rows == {"sample": 3}


def test_an_empty_document_has_no_rows_and_is_whole(lake: Lake) -> None:
    result = load(b"\n \n", lake)
    assert (result.is_empty, result.rows) == (True, {"sample": 0})
    assert result.warnings == ["sample: the document is whole and has no rows."]


@pytest.mark.parametrize("encoded", [gzip.compress, bytes])
def test_compression_is_taken_from_the_bytes_themselves(lake: Lake, encoded: Any) -> None:
    load(encoded(written(line())), lake, content_encoding="gzip")
    assert len(rows(lake)) == 1
    assert any(path.endswith("document.jsonl.gz" if encoded is gzip.compress else "document.jsonl") for path in lake.list())


@pytest.mark.parametrize("size", [2, 40, 5000])
def test_a_line_that_is_not_json_is_quarantined_and_its_neighbours_are_not(lake: Lake, size: int) -> None:
    bad = ['{"startDate":', "nonsense", '{"a":1},{"b":2}', '{"startDate":"2026-11-01"}}', "5", "[1]", "null", '{"a":[1', "2]}"]
    good = [line(str(n)) for n in range(size)]
    middle = size // 2
    result = load(written(*good[:middle], *bad, *good[middle:]), lake)
    assert (result.rows["sample"], result.quarantined) == (size, len(bad))
    assert [r["sku"] for r in rows(lake)] == [g["sku"] for g in good]
    assert [q["raw"] for q in quarantine(lake)][:3] == bad[:3]


def test_two_broken_lines_that_would_be_one_value_together_stay_two_problems(lake: Lake) -> None:
    whole = [line(str(n)) for n in range(3000)]
    pair = ['{"startDate":"2026-11-01","sku":"x"', '"sales":{"units":1}}']
    result = load(written(*whole, *pair, *whole), lake)
    assert (result.rows["sample"], result.quarantined) == (6000, 2)


@pytest.mark.parametrize("cut", [1, 9, 25, 60])
def test_an_end_in_the_middle_of_a_line_is_a_cut_document(lake: Lake, cut: int) -> None:
    with pytest.raises(TruncatedDocument, match="cut short"):
        load(written(line(), line())[: -1 - cut], lake)


def test_a_cut_gzip_stream_is_a_cut_document(lake: Lake) -> None:
    with pytest.raises(TruncatedDocument):
        load(gzip.compress(written(*[line()] * 50))[:-9], lake)


def test_unknown_fields_are_kept_as_text_also_when_they_come_late(lake: Lake) -> None:
    result = load(written(*[line()] * 3000, line("late", brandNew={"field": 1.10})), lake)
    assert result.datasets["sample"].unknown_columns == ("brand_new_field",)
    assert rows(lake)[-1]["brand_new_field"] == "1.1"


def vendor(day: str, asins: int, *, order: str = "startDate metrics marketplaceId totals") -> dict[str, Any]:
    def metric(n: int) -> dict[str, Any]:
        return {
            "groupByKey": {"asin": f"B{n:05d}"},
            "metrics": {"units": n, "forecasting": [{"week": w} for w in range(n % 3)] or None},
        }

    values = {"startDate": day, "marketplaceId": "A", "totals": {"units": asins}, "metrics": [metric(n) for n in range(asins)]}
    return {name: values[name] for name in order.split() if name in values}


@pytest.mark.parametrize("large", [200, 1 << 20])
@pytest.mark.parametrize("order", ["startDate metrics totals", "metrics totals startDate", "totals startDate metrics"])
def test_arrays_of_a_line_are_tables_and_a_huge_line_says_the_same_in_parts(lake: Lake, large: int, order: str) -> None:
    body = written(vendor("2026-11-01", 900, order=order), vendor("2026-11-02", 0, order=order), end="")
    with patch.object(json_lines, "LARGE_LINE", large), patch.object(json_lines, "BLOCK", 4096):
        result = load(body, lake, NESTED)
    assert result.rows == {"metrics": 900, "totals": 2, "weeks": 900}
    assert [r["asin"] for r in rows(lake, "metrics")] == [f"B{n:05d}" for n in range(900)]
    assert {(str(r["day"]), r["units"]) for r in rows(lake, "totals")} == {("2026-11-01", 900), ("2026-11-02", 0)}
    assert [r["asin"] for r in rows(lake, "weeks")][:3] == ["B00001", "B00002", "B00002"]
    assert result.warnings == []


def test_a_huge_line_is_cut_into_pieces_that_fit(lake: Lake) -> None:
    text = json.dumps(vendor("2026-11-01", 20_000)).encode()
    with patch.object(json_lines, "LARGE_LINE", 1000):
        pieces = [part.text for part in LineScanner([text], deal=True).parts()]
    assert max(map(len, pieces)) < len(text) / 1.5
    joined = [json.loads(piece) for piece in pieces]
    assert [m for piece in joined for m in piece.get("metrics", ())] == vendor("2026-11-01", 20_000)["metrics"]
    assert [piece.get("totals") for piece in joined] == [{"units": 20_000}, *[None] * (len(joined) - 1)]
    assert {piece["startDate"] for piece in joined} == {"2026-11-01"}


def test_a_line_beyond_all_measure_is_refused_and_not_read_into_memory(lake: Lake) -> None:
    with patch.object(json_lines, "LARGEST_LINE", 10_000), pytest.raises(UnreadableDocument, match="larger than"):
        load(written({"startDate": "x" * 20_000}), lake)


texts = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.fixed_dictionaries(
    {"startDate": st.dates(date(2026, 11, 1), date(2026, 11, 3)).map(str)},
    optional={
        "sku": st.one_of(st.none(), texts),
        "sales": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {},
                optional={
                    "units": st.integers(-(10**6), 10**6),
                    "ordered": st.fixed_dictionaries({"amount": st.integers(0, 99)}),
                },
            ),
        ),
        "other": texts,
    },
)
broken = st.sampled_from(["{", "}", '{"startDate":"2026-11-01"', "[", "]", '"', '{"startDate":"2026-11-01"},{}', "\\", "nul"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.lists(st.one_of(values, values, values, broken), max_size=30), st.integers(1, 60), st.booleans(), st.sampled_from([1, 64])
)
def test_rows_and_rejects_are_the_lines_wherever_blocks_and_chunks_are_cut(
    lines: list[Any], step: int, crlf: bool, block: int
) -> None:
    body = "".join(
        (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) + ("\r\n" if crlf else "\n")
        for value in lines
    ).encode()
    good = [value for value in lines if not isinstance(value, str)]
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(json_lines, "BLOCK", block),
        patch.object(json_sections, "SAMPLE", 2),
        patch.object(receive, "BLOCK", 64, create=True),
    ):
        lake = Lake(folder)
        result = load(body, lake, step=step)
        assert (result.rows["sample"], result.quarantined) == (len(good), len(lines) - len(good))
        found = []
        for path in sorted(lake.list("raw")):
            with lake.open_input(path) as file:
                found += pq.read_table(file).to_pylist()
    assert sorted((str(r["day"]), r["sku"] or "", r["units"] or 0) for r in found) == sorted(
        (v["startDate"], v.get("sku") or "", (v.get("sales") or {}).get("units") or 0) for v in good
    )
