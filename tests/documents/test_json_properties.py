"""Whatever a JSON document holds, and wherever its blocks are cut: the short way and the exact one give the same rows."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from datetime import date
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spapi_assets.datasets.model import Dataset, DayOf
from spapi_assets.ingest.documents import json_fast, json_scan, json_sections, receive
from spapi_assets.ingest.documents.json_scan import Elements, Member, Scanner, Settle, spans_of
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import column, make_context, make_report, quarantine

COLUMNS = (
    column("asin", path="asin", required=True),
    column("title", path="title"),
    column("units", "integer", path="sales.units"),
    column("amount", "decimal", path="sales.ordered.amount"),
    column("share", "decimal", precision=6, scale=2, path="share"),
    column("prime", "boolean", path="isPrime", aliases=("prime",)),
    column("moment", "timestamp", path="at"),
    column("day", "date", path="day"),
    column("buyer", path="buyer.name", pii=True),
    column("currency", path="../currency"),
)
DATASET = Dataset(
    name="sample", title="t", description="d", grain="g", section="rows", day_of=DayOf.FETCH, columns=COLUMNS,
    excluded={"internal": "of no use"},
)  # fmt: skip
NAMED = DATASET.model_copy(
    update={"columns": tuple(c.model_copy(update={"required": True}) if c.name == "buyer" else c for c in COLUMNS)}
)
BY_DAY = DATASET.model_copy(update={"day_of": DayOf.COLUMN, "date_column": "day"})

strings = st.one_of(
    st.sampled_from(['""', '"a"', '"5"', '"1.5"', '"true"', '"null"', '"N/A"', '" "', '"},{"', '"\\"},{\\""', '"\\\\"', '"]}"']),
    st.sampled_from(
        ['"\\ud83d\\ude00"', '"\\ud800"', '"\\udc00x"', '"\\u0000"', '"a\nb"', '"a\tb"', '"Größe"', '"\\/"', '"\\x"']
    ),
    st.text(max_size=6).map(lambda t: json.dumps(t, ensure_ascii=False)),
    st.text(max_size=4).map(json.dumps),
)
numbers = st.one_of(
    st.sampled_from(["0", "-0", "-0.0", "5", "5.0", "1e2", "1E+2", "15e-1", "1.5", "1.50", "1.234567", "0e-30", "0e30", "1e400"]),
    st.sampled_from(
        ["9223372036854775807", "9223372036854775808", "123456789012345", "1234567890123456789012345678901234567890"]
    ),
    st.sampled_from(["0.00000000000000000000000000000000000001", "99999999999999.9999", "9999.99", "10000", "1e-400", "-1"]),
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**8), max_value=10**8).map(str),
)
days = st.sampled_from(
    ['"2026-11-01"', '"2026-11-03"', '"2026-10-31"', '"01.11.2026"', '"Nov 1, 2026"', '"2026-02-30"', '"11/12/2026"']
)
moments = st.sampled_from(
    [
        '"2026-11-01T10:00:00Z"', '"2026-11-01T10:00:00+01:00"', '"2026-11-01 10:00:00"', '"2026-11-01T10"', '"2026-11-01"',
        '"2026-11-01T24:00:00Z"', '"2026-11-01T10:00:00.1234567Z"', '"2026-11-01T10:00:00.5-08:00"',
        '"0001-01-01T00:00:00+14:00"',
    ]
)  # fmt: skip
others = st.sampled_from(
    ["null", "true", "false", "[]", '["a"]', "[1.50]", "{}", '{"x": 1}', "NaN", "-Infinity", "01", "1.", "tru", ""]
)
odd = st.one_of(strings, numbers, days, moments, others)


def members_of(usual: dict[str, st.SearchStrategy[str]], oddly: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Objects of mostly usual members, written in any layout; keys may be absent, unknown, escaped or there twice."""
    member = st.sampled_from(sorted(usual)).flatmap(
        lambda key: st.tuples(st.just(f'"{key}"'), st.integers(0, 9).flatmap(lambda n: oddly if n == 0 else usual[key]))
    )
    stray = st.tuples(
        st.sampled_from(['"new"', '"n\\u0065w"', '"asi\\u006e"', '"shar\\u0065"', '"x y"', '""', '"internal"']), odd
    )
    some = st.lists(st.one_of(*[member] * 8, stray), max_size=9, unique_by=lambda m: m[0])
    some = st.one_of(*[some] * 9, st.lists(member, max_size=6))
    layout = st.sampled_from([("", ":", ","), (" ", ": ", ", "), ("\n    ", " :\t", "\r\n  ,")])

    def write(parts: tuple[list[tuple[str, str]], tuple[str, str, str]]) -> str:
        found, (space, colon, comma) = parts
        return "{" + space + comma.join(f"{k}{colon}{v}" for k, v in found) + space + "}"

    return st.tuples(some, layout).map(write)


ordered = members_of({"amount": numbers, "amount2": strings}, odd)
sales = members_of({"units": st.integers(0, 99).map(str), "ordered": ordered}, odd)
usual_elements = members_of(
    {
        "asin": st.sampled_from(['"B01"', '"B02"', '"B\\u0030"']), "title": strings, "sales": sales, "at": moments, "day": days,
        "share": st.sampled_from(["0.5", "12.25", "1"]), "isPrime": st.sampled_from(["true", "false"]),
        "buyer": st.just('{"name": "Erika"}'),
    },
    odd,
)  # fmt: skip
elements = st.one_of(*[usual_elements] * 12, odd)
spellings = {
    "asin": ['"B01"', "7"],
    "title": ['"Mug"', "1.50", "true", "12", '""'],
    "sales": ['{"units": 5}', '{"units": 5.0}', '{"units": 2e1}', '{"ordered": {"amount": 0.5}}', "null", "{}"],
    "isPrime": ["true", '"Y"', '"no"', '""'],
    "prime": ["false", '"1"', "0"],
    "buyer": ['{"name": "Erika"}', '{"name": null}'],
    "at": ['"2026-11-01T10:00:00Z"', '"2026-11-01T10:00:00"', '"01.11.2026 10:00"', '" "'],
    "share": ["0.5", "7", "7.10", "1e1"],
    "new": ["1", '"1"', "1.50", "false", "null", "{}", '{"er": 1}', '["a", "b"]', "[]", "[1]"],
    "internal": ['"x"', "5", '["x"]', '{"y": 5}'],
}


@st.composite
def alike(draw: Any) -> list[str]:
    """Elements that hold the same members, each in one or two spellings throughout, as programs write them."""
    keys = draw(st.lists(st.sampled_from(sorted(spellings)), unique=True, max_size=5))
    ways = {key: draw(st.lists(st.sampled_from(spellings[key]), min_size=1, max_size=2)) for key in keys}
    choices = draw(st.lists(st.integers(0, 1), min_size=8, max_size=25))
    fixed = '"asin": "B01", ' if "asin" not in keys else ""
    return [
        "{" + fixed + '"day": "2026-11-01"' + "".join(f', "{k}": {w[n % len(w)]}' for k, w in ways.items()) + "}" for n in choices
    ]


@st.composite
def documents(draw: Any) -> bytes:
    rows = draw(st.one_of(st.lists(elements, max_size=25), alike()))
    rows += draw(st.lists(elements, max_size=2)) + draw(st.one_of(st.just([]), alike()))
    comma = draw(st.sampled_from([",", ",\n  ", " ,"]))
    before = draw(st.sampled_from(['"currency": "EUR", ', "", '"currency": 5, ']))
    after = draw(st.sampled_from(["", ', "currency": "EUR"', ', "empty": []', ', "other": [{"asin": "B"},{"asin": "B"}]']))
    return f'{{{before}"rows": [{comma.join(rows)}]{after}}}'.encode("utf-8", "surrogatepass")


def outcome(body: bytes, dataset: Dataset, *, size: int, sample: int, fast: bool) -> Any:
    """All that a load leaves behind, or the error it ends with."""
    report = make_report([], format="json", datasets=(dataset,))
    context = make_context(report, marketplace="DE", marketplace_ids=("A1PA6795UKMFR9",), end=date(2026, 11, 3))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stack.enter_context(patch.object(json_scan, "BLOCK", size))
        stack.enter_context(patch.object(receive, "_STEP", size))
        for name, value in (("SAMPLE", sample), ("FEW", 2), ("ENOUGH", 6)):
            stack.enter_context(patch.object(json_sections, name, value))
        stack.enter_context(patch("spapi_assets.ingest.documents.json_document.SAMPLE", sample))
        if not fast:
            stack.enter_context(patch.object(json_sections, "plan", lambda reader, kinds: None))
        lake = Lake(folder)
        try:
            result = load_document([body[i : i + size] for i in range(0, len(body), size)], context, lake)
        except Exception as error:
            return type(error).__name__, str(error)
        tables = {path: pq.read_table(lake.open_input(path)) for path in lake.list("raw")}
        shown = {path: (t.schema.to_string(), t.to_pylist()) for path, t in tables.items()}
        load = result.datasets["sample"]
        assert load.rows_in == load.rows_out + load.quarantined
        return shown, quarantine(lake), load.rows_in, load.unknown_columns, sorted(result.warnings)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(documents(), st.sampled_from([DATASET, BY_DAY, NAMED]), st.sampled_from([60, 200, 1000]), st.integers(1, 3))
def test_the_short_way_gives_what_the_exact_one_gives(body, dataset, size, sample):
    quick = outcome(body, dataset, size=size, sample=sample, fast=True)
    exact = outcome(body, dataset, size=size, sample=sample, fast=False)
    assert quick == exact
    assert quick[0] in ("UnreadableDocument", "TruncatedDocument", "WrongDocument") or isinstance(quick[0], dict), quick


def test_blocks_of_plain_elements_go_the_short_way():
    """Else the test above would compare the exact reader with itself."""
    rows = [{"asin": f"B{i}", "sales": {"units": i, "ordered": {"amount": i / 8}}, "new": i} for i in range(400)]
    body = json.dumps({"rows": rows}).encode()
    with patch.object(json_fast.FastReader, "read", autospec=True, side_effect=json_fast.FastReader.read) as read:
        shown, *_ = outcome(body, DATASET, size=2000, sample=2, fast=True)
    assert read.call_count > 8
    [(_, found)] = shown.values()
    assert [(r["asin"], r["units"], float(r["amount"]), r["new"]) for r in found] == [
        (f"B{i}", i, i / 8, str(i)) for i in range(400)
    ]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
arrays = st.lists(st.dictionaries(st.text(max_size=3), values), max_size=9)
whole = st.dictionaries(st.text(max_size=5), values | arrays, max_size=4)


@settings(max_examples=200, deadline=None)
@given(whole, st.sampled_from([None, 1]), st.integers(1, 50), st.booleans(), st.booleans())
def test_the_scanner_finds_what_json_finds_also_where_it_guesses(document, indent, size, ascii_only, guess):
    data = json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    found: dict[str | None, Any] = {}
    scanner = Scanner((data[i : i + size] for i in range(0, len(data), size)), lambda name: guess)
    waiting: list[Elements] = []

    def settle() -> None:
        while waiting:
            part = waiting[0]
            spans = part.spans if part.spans is not None else spans_of(part.text)
            if spans is None:
                scanner.back(list(waiting))
                waiting.clear()
                return
            waiting.pop(0)
            found.setdefault(part.name, []).extend(json.loads(bytes(part.text[a:b])) for a, b in spans)

    with patch.object(json_scan, "BLOCK", 20):
        for part in scanner.parts():
            if isinstance(part, Elements):
                waiting.append(part)
                if len(waiting) > 3:
                    settle()
            elif isinstance(part, Settle):
                settle()
            else:
                assert isinstance(part, Member)
                settle()
                found[part.name] = part.value
        settle()
    assert found == document
    assert scanner.plain_bytes == len(data)


@pytest.mark.parametrize("cut", ["},{", "}\n,\n {", '"},{"'])
def test_a_guess_inside_a_nested_array_or_a_text_is_taken_back(cut, tmp_path):
    note = f"a{cut}b".replace('"', "'")
    rows = [{"asin": f"B{i}", "title": note, "tags": [{"x": 1}, {"x": 2}]} for i in range(300)]
    body = json.dumps({"rows": rows, "last": []}, separators=(",", ":")).encode()
    quick = outcome(body, DATASET, size=500, sample=2, fast=True)
    assert quick == outcome(body, DATASET, size=500, sample=2, fast=False)
    assert quick[2] == 300
