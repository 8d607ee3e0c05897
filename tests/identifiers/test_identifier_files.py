"""Files a person writes: whatever they look like, each line is either used or told with its number and the reason."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_assets.aws.identifiers import Identifier
from spapi_assets.ingest.identifier_files import HEADER, Defaults, IdentifierFileError, decoded, exported, parse
from spapi_assets.settings import Account
from tests.identifiers.test_feeding import A1, A2, KESTREL, VENDOR

BOTH = (KESTREL, VENDOR)
NONE = Defaults()
GERMAN = Defaults("kestrel_eu", "DE", "asin")


def test_a_file_with_a_header_says_everything_itself() -> None:
    text = f"""\
Kind;Identifier;Account;Marketplace
asin; {A1.lower()} ;kestrel_eu;DE

sku;"S;1 ""x"" #2";kestrel_eu;A1F83G8C2ARO7P
asin;{A2};v;
order_id;123-1234567-1234567;kestrel_eu;
asin;{A1};kestrel_eu;de
"""
    parsed = parse(text, BOTH, NONE)
    assert parsed.bad == []
    assert parsed.duplicates == 1
    assert parsed.found == {
        ("asin", "kestrel_eu", "DE"): [A1],
        ("sku", "kestrel_eu", "UK"): ['S;1 "x" #2'],
        ("asin", "v", "US"): [A2],
        ("order_id", "kestrel_eu", None): ["123-1234567-1234567"],
    }


@pytest.mark.parametrize(
    "text", [f"{A1}\n{A2}\n", f"asin\r\n{A1}\r\n\r\n{A2}", f"identifier\n{A1}\n{A2}\n{A2}", f"\n {A1}\r {A2}"]
)
def test_one_column_will_do_with_options(text: str) -> None:
    assert parse(text, BOTH, GERMAN).found == {("asin", "kestrel_eu", "DE"): [A1, A2]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_as_spreadsheets_save_them_are_read(encoding: str) -> None:
    text = decoded("sku\nGRÜN-1 🐦\n".encode(encoding))
    assert parse(text, BOTH, GERMAN).found == {("sku", "kestrel_eu", "DE"): ["GRÜN-1 🐦"]}


def test_leading_zeros_that_a_spreadsheet_was_told_to_keep_are_kept() -> None:
    parsed = parse('sku\n="00123"\n"=""0456"""\n', BOTH, GERMAN)
    assert (list(parsed.found.values()), parsed.bad) == ([["00123", "0456"]], [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"account,kind,identifier\nnobody,asin,{A1}\n", "account 'nobody' is unknown; accounts: kestrel_eu, v"),
        (f"kind,identifier\nasin,{A1}\n", "it names no account"),
        (f"account,kind,identifier\nkestrel_eu,asin,{A1}\n", "it names no marketplace; kestrel_eu has DE, UK"),
        (f"account,marketplace,kind,identifier\nkestrel_eu,US,asin,{A1}\n", "marketplace 'US' is not one of account kestrel_eu"),
        (f"account,marketplace,identifier\nkestrel_eu,DE,{A1}\n", "it names no kind; kinds: asin"),
        (f"account,marketplace,kind,identifier\nkestrel_eu,DE,ean,{A1}\n", "'ean' is no kind"),
        ("account,marketplace,asin\nkestrel_eu,DE,B00\n", "'B00': an ASIN is ten letters and digits"),
        ("account,marketplace,sku\nkestrel_eu,DE, \n", "the identifier is blank"),
        ("account,marketplace,sku\nkestrel_eu,DE\n", "the identifier is blank"),
        ('account,marketplace,sku\nkestrel_eu,DE,"A\nB"\n', "line break"),
        (f"account,marketplace,sku\nkestrel_eu,DE,{'x' * 1025}\n", "longer than 1024 bytes"),
        ("account,order_id\nkestrel_eu,123\n", "an order id looks like"),
        ("sku\nA,B\n", "it has 2 columns, the header 1"),
        ('sku\n"A"B\n', "it is not CSV"),
        (f"\nkestrel_eu,DE,asin,{A1}\n", "it has 4 columns, and no header names them"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_its_number_and_the_reason(text: str, told: str) -> None:
    parsed = parse(text, BOTH, NONE if "names no" in told or "account" in text else GERMAN)
    assert parsed.found == {}
    ((line, reason),) = parsed.bad
    assert line == 2
    assert told in reason


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"sku\nGR\xdcN\n", "not UTF-8"),
        (b"marketplace;sku;price\nDE;A;1\n", "Column 'price' is unknown"),
        (b"sku;asin\nA;B000000001\n", "Only one column may hold identifiers"),
    ],
)
def test_a_file_that_cannot_be_understood_at_all_says_why(content: bytes, told: str) -> None:
    with pytest.raises(IdentifierFileError, match=told):
        parse(decoded(content), BOTH, GERMAN)


def test_a_region_with_one_account_and_one_store_needs_no_options() -> None:
    only = Account(name="v", kind="vendor", region="na", selling_partner_id="x", marketplaces=("US",), secret="s")
    assert parse(f"asin\n{A1}\n", (only,), NONE).found == {("asin", "v", "US"): [A1]}


CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
GOOD = st.tuples(st.just("kestrel_eu"), st.sampled_from(["DE", "UK"]), st.just("sku"), CELL)
NO_ASIN = CELL.filter(lambda text: not re.fullmatch("[A-Za-z0-9]{10}", text.strip()))
BAD = st.tuples(st.just("kestrel_eu"), st.sampled_from(["DE", "FR"]), st.sampled_from(["asin", "ean"]), NO_ASIN)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(GOOD | BAD, max_size=12),
    st.permutations(["account", "marketplace", "kind", "identifier"]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_every_line_is_used_once_or_told_whatever_characters_it_holds(
    rows: list[tuple[str, ...]], order: list[str], delimiter: str, end: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(order)
    for row in rows:
        writer.writerow([dict(zip(("account", "marketplace", "kind", "identifier"), row, strict=True))[name] for name in order])
    parsed = parse(out.getvalue(), BOTH, NONE)
    good = [(m, v.strip()) for _, m, kind, v in rows if kind == "sku" and v.strip()]
    assert {(key[2], v) for key, values in parsed.found.items() for v in values} == set(good)
    assert sum(map(len, parsed.found.values())) + parsed.duplicates == len(good)
    wrong = [n for n, (_, _, kind, v) in enumerate(rows, 2) if kind != "sku" or not v.strip()]
    assert [line for line, _ in parsed.bad] == wrong


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_at_all_is_used_or_told(text: str) -> None:
    try:
        parsed = parse(text, BOTH, GERMAN)
    except IdentifierFileError:
        return
    assert all(
        value == value.strip() and len(value) == 10
        for values in parsed.found.values()
        for value in values
        if "asin" in str(values)
    )
    assert parsed.found or parsed.bad or len([line for line in text.splitlines() if line.strip()]) <= 1  # a header at most


@settings(max_examples=60, deadline=None)
@given(st.sets(CELL.map(str.strip).filter(bool), max_size=8))
def test_what_is_exported_is_imported_again(values: set[str]) -> None:
    day = date(2026, 3, 1)
    known = [
        Identifier(v, day, day, {"import": day, "settlements": day}, None, datetime(2026, 3, 2, tzinfo=UTC))
        for v in sorted(values)
    ]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([HEADER, *exported("kestrel_eu", "DE", "sku", known)])
    parsed = parse(out.getvalue(), BOTH, NONE)
    assert parsed.bad == []
    assert parsed.found == ({("sku", "kestrel_eu", "DE"): sorted(values)} if values else {})
