"""Numbers and dates in local formats: read by the document's own evidence, quarantined where that leaves two readings."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spapi_assets.ingest.documents.load import load_document
from spapi_assets.ingest.documents.locale import DoesNotFit, Locale, decide_locale
from spapi_assets.lake.store import Lake
from spapi_assets.spapi.marketplaces import MARKETPLACES
from tests.documents.conftest import column, make_context, make_report, quarantine, rows, small_blocks

AMOUNTS = make_report(
    [column("sku"), column("amount", "decimal"), column("quantity", "integer"), column("at", "timestamp"), column("on", "date")],
    dataset={"day_of": "fetch", "date_column": None},
)
HEADER = "sku\tamount\tquantity\tat\ton"


def numbers(load, lake, texts, **more):
    result = load([f"{i}\t{t}\t\t\t" for i, t in enumerate(texts)], AMOUNTS, header=HEADER, **more)
    return result, [r["amount"] for r in rows(lake)], [q["value"] for q in quarantine(lake)]


def test_decimal_commas_are_read_where_the_document_shows_them(load, lake):
    result, read, rejected = numbers(load, lake, ["95,00", "1.234,56", "-3,5", "1.234", "12.345.678", "1 234,5", "7"])
    assert read == [Decimal(x) for x in ("95", "1234.56", "-3.5", "1234", "12345678", "1234.5", "7")]
    assert not rejected
    assert result.decisions["locale"]["decimal"] == ","


def test_decimal_points_are_read_where_the_document_shows_them(load, lake):
    _, read, rejected = numbers(load, lake, ["95.00", "1,234.56", "1,234", "1.234", "1E+2", "+4", ".5", "1,23,456.00", "0.1250"])
    assert read == [Decimal(x) for x in ("95", "1234.56", "1234", "1.234", "100", "4", "0.5", "123456", "0.125")]
    assert not rejected


def test_a_number_with_two_readings_is_quarantined_when_nothing_shows_the_mark(load, lake):
    _, read, rejected = numbers(load, lake, ["1.234", "5", "1,234"], marketplace="DE")
    assert read == [Decimal(5)]
    assert rejected == ["1.234", "1,234"]
    assert "could be 1.234 or 1234" in quarantine(lake)[0]["reason"]


def test_the_marketplace_decides_only_without_evidence(load, lake):
    assert numbers(load, lake, ["1,234"], marketplace="US")[1] == [Decimal(1234)]
    assert numbers(load, lake, ["1,234", "5,25"], marketplace="US")[1] == [Decimal("1.234"), Decimal("5.25")]


def test_a_document_with_both_marks_keeps_only_what_has_one_reading(load, lake):
    _, read, rejected = numbers(load, lake, ["1,50", "2.50", "3.000", "4"])
    assert read == [Decimal("1.5"), Decimal("2.5"), Decimal(4)]
    assert rejected == ["3.000"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-01T12:00:00+00:00", (2026, 11, 1, 12)),
        ("2026-11-01T12:00:00+01:00", (2026, 11, 1, 11)),
        ("2026-11-01 12:00:00 UTC", (2026, 11, 1, 12)),
        ("2026-11-01 12:00:00 PDT", (2026, 11, 1, 19)),
        ("01.11.2026 12:00:00 UTC", (2026, 11, 1, 12)),
        ("01.11.2026 12:00 MEZ", (2026, 11, 1, 11)),
        ("01/11/2026 12:00:00 BST", (2026, 11, 1, 11)),
        ("2026/11/01 21:00:00 JST", (2026, 11, 1, 12)),
        ("Nov 1, 2026 1:00:00 PM PST", (2026, 11, 1, 21)),
        ("01-Nov-2026 00:30", (2026, 11, 1, 0, 30)),
        ("01.11.26", (2026, 11, 1)),
        ("2026-11-01T12:00:00.123456Z", (2026, 11, 1, 12, 0, 0, 123456)),
    ],
)
def test_times_in_many_spellings_are_one_instant(load, lake, text, instant):
    load([f"a\t\t\t{text}\t"], AMOUNTS, header=HEADER, marketplace="UK")
    assert rows(lake)[0]["at"] == datetime(*instant, tzinfo=UTC)


def test_the_order_of_day_and_month_follows_the_documents_own_evidence(load, lake):
    load(["a\t\t\t\t01/02/2026", "b\t\t\t\t02/25/2026"], AMOUNTS, header=HEADER, marketplace="UK")
    assert [r["on"] for r in rows(lake)] == [date(2026, 1, 2), date(2026, 2, 25)]


def test_a_date_with_two_readings_is_quarantined_when_nothing_shows_the_order(load, lake):
    load(["a\t\t\t\t01/02/2026", "b\t\t\t\t03/03/2026"], AMOUNTS, header=HEADER)
    assert [r["sku"] for r in rows(lake)] == ["b"]
    assert "could be 2026-02-01 or 2026-01-02" in quarantine(lake)[0]["reason"]


def test_times_without_a_zone_are_utc_and_the_document_says_so(load, lake):
    result = load(["a\t\t\t2026-11-01 12:00:00\t"], AMOUNTS, header=HEADER)
    assert rows(lake)[0]["at"] == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert result.decisions["locale"]["utc_assumed"] == ["at"]
    assert any("without a time zone" in w for w in result.warnings)


def test_an_abbreviation_with_several_meanings_is_read_only_where_the_marketplace_leaves_one():
    text = "2026-11-01 12:00:00 IST"
    assert Locale(marketplaces=frozenset({"IN"})).moment(text)[0].hour == 6
    assert Locale(marketplaces=frozenset({"IE"})).moment(text)[0].hour == 11
    with pytest.raises(DoesNotFit, match="several meanings"):
        Locale(marketplaces=frozenset({"DE"})).moment(text)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "32.01.2026", "2026-11-01T25:00:00Z", "2026-11-01T12:00:00.1234567Z", "tomorrow", "13:00"]
)
def test_what_is_no_time_does_not_fit(text):
    with pytest.raises(DoesNotFit):
        Locale().moment(text)


@pytest.mark.parametrize("text", ["1.2.3", "1,2", "12,34", "EUR 5", "--1", "0x10", "NaN", "1_000", "٣", "1.5.", "."])
def test_what_is_no_number_does_not_fit(text):
    with pytest.raises(DoesNotFit):
        Locale(decimal=".").number(text)


def test_the_decision_is_recorded_with_its_evidence():
    locale = decide_locale(["5,25", "3"], ["25/12/2026"], [MARKETPLACES["DE"]])
    assert locale.evidence["decimal_evidence"] == "1 values can only be read with a decimal comma"
    assert locale.date_order == "dmy"


def test_a_settlement_lies_whole_on_the_day_it_ends_with_its_totals_row(load, lake):
    names = ["settlement_id", "settlement_end_date", "total_amount", "posted_date", "amount"]
    types = ["text", "timestamp", "decimal", "date", "decimal"]
    report = make_report(
        [column(n, t) for n, t in zip(names, types, strict=True)],
        dataset={"day_of": "document", "date_column": "settlement_end_date"},
        window={"kind": "harvest"},
    )
    lines = ["77\t14.11.2026 23:00:00 UTC\t95,00\t\t", "77\t\t\t02.11.2026\t100,00", "77\t\t\t13.11.2026\t-5,00"]
    header = "\t".join(n.replace("_", "-") for n in names)
    for report_id in ("s1", "s2"):
        load(lines, report, header=header, encoding="cp1252", report_id=report_id, marketplace_ids=("A1PA6795UKMFR9",))
    assert list(lake.list("raw")) == [f"raw/sample/account=acme/date=2026-11-14/{part}.parquet" for part in ("s1", "s2")]
    first, second = rows(lake)[:2]
    assert first["total_amount"] == Decimal(95)
    assert first["amount"] is None
    assert second["amount"] == Decimal(100)
    assert second["posted_date"] == date(2026, 11, 2)


DATED = make_report(
    [column("sku"), column("on", "date"), column("at", "timestamp"), column("amount", "decimal")],
    dataset={"day_of": "fetch", "date_column": None},
)
DATED_HEADER = "sku\ton\tat\tamount"


def days(load, lake, texts, report=DATED, **more):
    """The days read, by line; lines in the quarantine are None."""
    load([f"{i}\t{t}\t\t" for i, t in enumerate(texts)], report, header=DATED_HEADER, **more)
    read = {int(r["sku"]): r["on"] for r in rows(lake)}
    return [read.get(i) for i in range(len(texts))]


@pytest.mark.parametrize(
    "text", ["2026-08", "2026/08", "08/2026", "8/2026", "08-2026", "08.2026", "Aug 2026", "August 2026", "Aug-2026", "août 2026",
             "agosto de 2026", "sierpień 2026", "2026年8月", "2026 Aug"],
)  # fmt: skip
def test_a_month_is_its_first_day(load, lake, text):
    assert days(load, lake, [text]) == [date(2026, 8, 1)]


def test_a_month_is_no_instant(load, lake):
    load(["a\t\tAug 2026\t"], DATED, header=DATED_HEADER)
    assert quarantine(lake)[0]["column"] == "at"


@pytest.mark.parametrize(
    "text",
    ["Jan 14, 2026", "January 14th, 2026", "14-Jan-2026", "14-JAN-26", "14 January 2026", "14. Januar 2026", "14. Jän. 2026",
     "14 janv. 2026", "14 janvier 2026", "14 ene 2026", "14 de enero de 2026", "14 gen 2026", "14 gennaio 2026", "14 jan. 2026",
     "14 januari 2026", "14 stycznia 2026", "14 sty 2026", "14 de jan. de 2026", "14 Oca 2026", "14 Ocak 2026", "2026年1月14日",
     "2026/01/14", "2026-1-14", "14.01.2026", "14.1.26", "2026-Jan-14",
     "Wed Jan 14 09:00:00 UTC 2026", "14\u00a0janv.\u00a02026"],
)  # fmt: skip
def test_days_with_names_of_months_have_one_reading_anywhere(load, lake, text):
    assert days(load, lake, [text]) == [date(2026, 1, 14)]


@pytest.mark.parametrize(
    "text", ["14 Foo 2026", "Aug-26", "31.02.2026", "32 Jan 2026", "2026-13", "13/2026", "0/2026", "Q3 2026"]
)
def test_what_is_no_date_is_quarantined(load, lake, text):
    assert days(load, lake, [text]) == [None]


@pytest.mark.parametrize(
    ("marketplace", "text", "day"),
    [
        ("US", "3/4/26", date(2026, 3, 4)), ("JP", "26/3/4", date(2026, 3, 4)), ("DE", "4.3.26", date(2026, 3, 4)),
        ("SE", "2026-03-04", date(2026, 3, 4)), ("UK", "4/3/26", date(2026, 3, 4)), ("IN", "4/3/26", date(2026, 3, 4)),
        ("FR", "4/3/26", date(2026, 3, 4)), ("CA", "4/3/26", None), (None, "4/3/26", None),
    ],
)  # fmt: skip
def test_two_digit_years_follow_the_marketplace(load, lake, marketplace, text, day):
    assert days(load, lake, [text], marketplace=marketplace) == [day]


def test_dates_that_are_known_to_follow_the_marketplace_are_day_first_in_canada(load, lake):
    report = DATED.model_copy(update={"localised": ("dates",)})
    assert days(load, lake, ["4/3/26"], report, marketplace="CA") == [date(2026, 3, 4)]


def test_the_registrys_date_order_holds_in_every_marketplace(load, lake):
    report = DATED.model_copy(update={"date_order": "mdy"})
    assert days(load, lake, ["03/04/2026", "12/22/2026"], report, marketplace="DE") == [date(2026, 3, 4), date(2026, 12, 22)]


def test_values_that_contradict_the_registrys_date_order_leave_ambiguous_ones_in_quarantine(load, lake):
    report = DATED.model_copy(update={"date_order": "mdy"})
    assert days(load, lake, ["03/04/2026", "22/12/2026", "05/05/2026"], report) == [None, date(2026, 12, 22), date(2026, 5, 5)]


def test_evidence_that_comes_after_the_leading_lines_decides_for_the_whole_document(load, lake):
    texts = ["03/04/2026"] * 3000 + ["25/12/2026"]
    result = days(load, lake, texts, marketplace="US")
    assert set(result[:3000]) == {date(2026, 4, 3)}
    assert result[3000] == date(2026, 12, 25)


def test_a_decimal_comma_that_comes_late_is_never_too_late(load, lake):
    lines = [f"{i}\t\t\t1,234" for i in range(3000)] + ["x\t\t\t5,25"]
    load(lines, DATED, header=DATED_HEADER, marketplace="US")
    assert {r["amount"] for r in rows(lake)} == {Decimal("1.234"), Decimal("5.25")}


def test_a_single_slip_among_many_is_quarantined_wherever_it_stands(load, lake):
    for place in (5, 2999):
        lines = [f"{i}\t\t\t{'12,5' if i == place else '1,234.50' if i % 2 else '1,234'}" for i in range(3000)]
        result = load(lines, DATED, header=DATED_HEADER, marketplace="DE", report_id=f"r{place}")
        assert [q["value"] for q in quarantine(lake) if q["_report_id"] == f"r{place}"] == ["12,5"]
        assert result.decisions["locale"]["decimal"] == "."


def test_columns_that_differ_are_read_by_their_own_evidence(load, lake):
    report = make_report(
        [column("price", "decimal"), column("volume", "decimal")], dataset={"day_of": "fetch", "date_column": None}
    )
    result = load(["12,50\t1.234", "1.234\t0.5", "7,1\t2.25"], report, header="price\tvolume")
    assert [(r["price"], r["volume"]) for r in rows(lake)] == [
        (Decimal("12.5"), Decimal("1.234")), (Decimal(1234), Decimal("0.5")), (Decimal("7.1"), Decimal("2.25")),
    ]  # fmt: skip
    assert result.decisions["locale"]["decimal_by_column"] == {"price": ",", "volume": "."}


@pytest.mark.parametrize(
    ("localised", "marketplace", "value"),
    [((), "DE", Decimal("1.234")), (("dates",), "FR", Decimal("1.234")), (("numbers",), "DE", Decimal(1234)),
     (("numbers",), "US", Decimal("1.234")), (("numbers",), "JP", Decimal("1.234")), (("numbers",), "EG", None),
     (None, "DE", None)],
)  # fmt: skip
def test_what_the_registry_says_of_numbers_decides_where_no_value_does(load, lake, localised, marketplace, value):
    report = DATED.model_copy(update={"localised": localised})
    load(["a\t\t\t1.234"], report, header=DATED_HEADER, marketplace=marketplace)
    assert [r["amount"] for r in rows(lake)] == ([] if value is None else [value])


@pytest.mark.parametrize(
    ("text", "value"),
    [("1-", "-1"), ("(1)", "-1"), ("(1,234.50)", "-1234.5"), ("\u22121.50", "-1.5"), ("- 2", "-2"),
     ("12.5%", "12.5"), ("12.5 %", "12.5"),
     ("€ 1.00", "1"), ("€1.00", "1"), ("1.00 €", "1"), ("-€1.00", "-1"), ("€-1.00", "-1"), ("1 234.5", "1234.5"),
     ("1\u00a0234.5", "1234.5"), ("1\u202f234.5", "1234.5"), ("1'234.5", "1234.5"), ("1’234’567.5", "1234567.5"), ("+3", "3")],
)  # fmt: skip
def test_numbers_in_many_spellings_are_one_number(load, lake, text, value):
    load([f"a\t\t\t{text}"], DATED, header=DATED_HEADER, marketplace="IE")
    assert [r["amount"] for r in rows(lake)] == [Decimal(value)]


@pytest.mark.parametrize(
    "text",
    ["--1-", "(-1)", "(1", "1)", "-1-", "€1€", "1 2", "1''234", "12 34", "€", "%", "1%%", "- -1", "£ 1.00", "1.00 kr", "EUR 1"],
)
def test_what_could_be_no_number_or_another_currency_is_quarantined(load, lake, text):
    load([f"a\t\t\t{text}"], DATED, header=DATED_HEADER, marketplace="IE")
    assert [q["value"] for q in quarantine(lake)] == [text]


def test_signs_stand_only_where_the_registry_allows_their_unit(load, lake):
    report = make_report(
        [
            column("share", "decimal", unit="ratio"),
            column("weight", "decimal", unit="kg"),
            column("units", "integer", unit="units"),
        ],
        dataset={"day_of": "fetch", "date_column": None},
    )
    load(["12.5%\t\t", "\t€ 5.00\t", "\t\t5%", "0.5\t1.5\t5.0"], report, header="share\tweight\tunits", marketplace="IE")
    assert [(q["row"], q["column"]) for q in quarantine(lake)] == [(1, "share"), (2, "weight"), (3, "units")]
    assert rows(lake)[0]["units"] == 5


@pytest.mark.parametrize("word", ["Ja", "oui", "Sí", "sì", "tak", "evet", "はい", "TRUE", "Yes", "1"])
def test_yes_is_yes_in_every_language(load, lake, word):
    report = make_report([column("sku"), column("prime", "boolean")], dataset={"day_of": "fetch", "date_column": None})
    load([f"a\t{word}"], report, header="sku\tprime")
    assert rows(lake)[0]["prime"] is True


@pytest.mark.parametrize(
    ("text", "hour"),
    [("12:00 +00:00", 12), ("12:00Z", 12), ("12:00 +0200", 10), ("12:00+02", 10), ("12:00 GMT+9", 3), ("12:00 UTC-07:00", 19),
     ("12:00 AEST", 2), ("12:00 MESZ", 10), ("12:00 CEST", 10), ("12:00 JST", 3), ("12:00 PDT", 19), ("12:00:00 a.m. PST", 8),
     ("12:00 pm GMT", 12), ("12:00 GMT\u22128", 20), ("12:00 (UTC)", 12)],
)  # fmt: skip
def test_time_zones_in_many_spellings(text, hour):
    instant, zoned = Locale(date_order="dmy").moment(f"01/08/2026 {text}")
    assert (instant.hour, zoned) == (hour, True)


def test_the_first_value_that_shows_something_decides_wherever_it_stands(load, lake):
    lines = [f"{i}\t\t\t1.234" for i in range(2500)] + ["x\t\t\t5,25"]
    result = load(lines, DATED, header=DATED_HEADER, marketplace="DE")
    assert {r["amount"] for r in rows(lake)} == {Decimal(1234), Decimal("5.25")}
    assert result.decisions["locale"]["decimal"] == ","


def test_a_slip_in_a_column_of_a_mixed_document_is_quarantined_and_nothing_starts_over_for_ever(load, lake):
    report = make_report(
        [column("price", "decimal"), column("volume", "decimal")], dataset={"day_of": "fetch", "date_column": None}
    )
    lines = [f"{i},50\t{i % 7}.25" for i in range(3000)] + ["9.75\t1.5", "8,5\t2,75"]
    load(lines, report, header="price\tvolume")
    assert [(q["column"], q["value"]) for q in quarantine(lake)] == [("price", "9.75"), ("volume", "2,75")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from(["1.234", "1,234", "5.5", "5,5", "7", "x", ""]), st.sampled_from(["1.234", "0,5", "0.5", ""])),
        max_size=9,
    ),
    st.lists(st.sampled_from(["03/04/2026", "25/12/2026", "12/25/2026", "2026-01-01", "x", ""]), min_size=9, max_size=9),
    st.sampled_from([None, "DE", "US"]),
    st.sampled_from([None, (), ("numbers", "dates")]),
    st.integers(1, 4),
)
def test_reading_always_ends_and_the_order_of_lines_changes_no_value(pairs, dates, marketplace, localised, sample):
    """Whatever is proved, contradicted or open: every line is read or quarantined, the same from both ends of the document."""
    columns = [column("number"), column("price", "decimal"), column("volume", "decimal"), column("on", "date")]
    report = make_report(columns, dataset={"day_of": "fetch", "date_column": None}, localised=localised)
    lines = [f"{n}\t{p}\t{v}\t{d}" for n, ((p, v), d) in enumerate(zip(pairs, dates, strict=False))]
    outcomes = []
    for order in (lines, lines[::-1]):
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            small_blocks(patch, 64)
            for module in ("tsv", "decisions"):
                patch.setattr(f"spapi_assets.ingest.documents.{module}.SAMPLE_LINES", sample)
            lake = Lake(folder)
            body = "\n".join(["number\tprice\tvolume\ton", *order, ""]).encode()
            result = load_document([body], make_context(report, marketplace=marketplace), lake)
            outcomes.append({r["number"]: (r["price"], r["volume"], r["on"]) for r in rows(lake)})
            assert result.datasets["sample"].rows_in == len(lines) == len(rows(lake)) + len(quarantine(lake))
    common = outcomes[0].keys() & outcomes[1].keys()
    assert {n: outcomes[0][n] for n in common} == {n: outcomes[1][n] for n in common}
