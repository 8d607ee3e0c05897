"""Whatever rows, charset, line end, gzip members and chunking: the cells come back as they went in, and no row is lost."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from spapi_assets.ingest.documents.charset import is_valid
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.documents.locale import DoesNotFit, Locale, decide_locale
from spapi_assets.lake.store import Lake
from tests.documents.conftest import column, make_context, make_report, quarantine, rows

REPORT = make_report(
    [column("key"), column("note"), column("amount", "decimal", precision=12, scale=2), column("count", "integer")],
    dataset={"day_of": "fetch", "date_column": None},
)
CHARSETS = {"utf-8": "UTF-8", "cp1252": "Cp1252", "cp932": "windows-31j"}


TWO_READINGS = "two readings"


def reading(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except DoesNotFit as error:
        return TWO_READINGS if "could be" in str(error) else str(error)


def text_in(charset: str) -> st.SearchStrategy[str]:
    """Cell text that the charset can hold and that comes back from it; tabs and line ends would be structure."""

    def survives(text: str) -> bool:
        try:
            return text.encode(charset).decode(charset) == text
        except UnicodeError:
            return False

    characters = st.characters(blacklist_categories=("Cs",), blacklist_characters="\t\r\n\x00\ufeff")
    return st.text(st.one_of(st.sampled_from("ab \"'é€ßÄ商品①\u0085\u2028,;"), characters), max_size=12).filter(survives)


@st.composite
def documents(draw: Any) -> tuple[list[tuple[str, str, str, str]], str, str, int, int]:
    charset = draw(st.sampled_from(sorted(CHARSETS)))
    cell = text_in(charset)
    amount = st.one_of(st.just(""), st.decimals(-9_999_999, 9_999_999, places=2, allow_nan=False).map(str), st.just("abc"))
    count = st.one_of(st.just(""), st.integers(-(2**63), 2**63 - 1).map(str), st.sampled_from(["x", "1.5", "0x1"]))
    rows = draw(st.lists(st.tuples(cell, cell, amount, count).filter(lambda r: any(c.strip("\r") for c in r)), max_size=30))
    return rows, charset, draw(st.sampled_from(["\n", "\r\n", "\r"])), draw(st.integers(1, 4)), draw(st.integers(1, 200))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.booleans())
def test_cells_come_back_as_they_went_in(document, last_line_end):
    lines, charset, end, count, size = document
    text = end.join(["key\tnote\tamount\tcount", *("\t".join(line) for line in lines)]) + (end if last_line_end else "")
    data = text.encode(charset)
    # Bytes that are valid UTF-8 to the last one are read so, whatever was declared: test_charsets.py holds that.
    assume(charset == "utf-8" or data.isascii() or not is_valid(data, "utf-8"))
    step = len(data) // count + 1
    body = b"".join(gzip.compress(data[i : i + step]) for i in range(0, len(data), step))
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder)
        # An English marketplace, so that the decimal mark is known even where no amount shows it.
        context = make_context(REPORT, content_type=f"text/plain; charset={CHARSETS[charset]}", marketplace="UK")
        result = load_document([body[i : i + size] for i in range(0, len(body), size)], context, lake)
        got, bad = rows(lake), quarantine(lake)
    load = result.datasets["sample"]
    assert load.rows_in == len(lines) == load.rows_out + load.quarantined
    expected = {}
    for number, (key, note, amount, count_) in enumerate(lines, 1):
        if amount != "abc" and count_ not in ("x", "1.5", "0x1"):
            expected[number] = (key or None, note or None, Decimal(amount) if amount else None, int(count_) if count_ else None)
    assert {r["_row"]: (r["key"], r["note"], r["amount"], r["count"]) for r in got} == expected
    assert {q["row"]: q["raw"] for q in bad} == {n: "\t".join(r) for n, r in enumerate(lines, 1) if n not in expected}


@settings(max_examples=200, deadline=None)
@given(st.decimals(-(10**9), 10**9, places=2, allow_nan=False), st.sampled_from([".", ","]), st.booleans())
def test_a_number_is_never_read_as_another_number(value, mark, grouped):
    """With the mark known it reads right; with it unknown it reads right or not at all."""
    text = f"{value:,.2f}" if grouped else f"{value:.2f}"
    if mark == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    assert Locale(decimal=mark).number(text) == value
    assert Locale(decimal=None).number(text) == value
    shortened = text[:-3]
    assert reading(Locale(decimal=None).number, shortened) in (int(value), TWO_READINGS)


@given(st.dates(), st.sampled_from(["%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y-%m-%d", "%Y/%m/%d", "%d-%b-%Y"]))
def test_a_date_is_never_read_as_another_date(day, form):
    if day.year < 1000:
        return
    locale = decide_locale([], [day.strftime(form)], [])
    read = reading(locale.day, day.strftime(form))
    assert read == day or (read == TWO_READINGS and day.day <= 12)
