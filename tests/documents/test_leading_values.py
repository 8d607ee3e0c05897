"""The quick counts of what leading values prove agree with judging each value alone, whatever the values."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_assets.ingest.documents.charset import Weights, is_valid
from spapi_assets.ingest.documents.dates import order_shown, orders_shown
from spapi_assets.ingest.documents.numbers import all_plain, is_plain, mark_shown, marks_shown

NUMBERS = st.one_of(
    st.from_regex(r"\A[+-]?[0-9]{1,5}([.,][0-9]{0,5})?\Z"),
    st.from_regex(r"\A[1-9][0-9]{0,2}([.,' ][0-9]{3}){0,2}([.,][0-9]{1,2})?\Z"),
    st.sampled_from(["", "-", "abc", "1e5", "1.5e3", "€ 3,50", "(1.00)", "12%", "1\n2", "٣", "0x1", "\n"]),
)
DATES = st.one_of(
    st.from_regex(r"\A[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}( 10:00)?\Z"),
    st.sampled_from(["2026-11-01T10:00:00Z", "1 Nov 2026", "", "x", " 03/04/2026", "٢٠٢٦-01-01", "2026"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(NUMBERS, max_size=6))
def test_numbers_prove_together_what_each_proves_alone(texts):
    assert marks_shown(texts) == Counter(mark for text in texts if (mark := mark_shown(text)) is not None)
    assert all_plain(texts) == all(is_plain(text) for text in texts)


@settings(max_examples=300, deadline=None)
@given(st.lists(DATES, max_size=6))
def test_dates_prove_together_what_each_proves_alone(texts):
    assert orders_shown(texts) == Counter(order for text in texts if (order := order_shown(text)) is not None)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.text(min_size=1).map(lambda t: t.encode("utf-8", "replace")), st.binary(min_size=1)).filter(
            lambda line: b"\n" not in line
        ),
        max_size=5,
    ),
    st.sampled_from(["cp1252", "iso-2022-jp", "gbk"]),
)
def test_lines_are_weighed_together_as_each_is_alone(lines, declared):
    together, alone = Weights(("utf-8", declared, "cp932")), Weights(("utf-8", declared, "cp932"))
    together.add(lines)
    for line in lines:
        alone.add([line])
        for charset in together.candidates:
            alone.valid.setdefault(charset, 0)
    for charset in together.candidates:
        assert together.of(charset) == sum(is_valid(line, charset) for line in lines)
    assert (together.lines, together.japanese, together.long_sequences) == (alone.lines, alone.japanese, alone.long_sequences)
