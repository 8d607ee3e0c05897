"""Numbers and dates in local formats: read by the document's own evidence, quarantined where that leaves two readings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from spapi_assets.ingest.documents.locale import DoesNotFit, Locale, decide_locale
from spapi_assets.spapi.marketplaces import MARKETPLACES
from tests.documents.conftest import column, make_report, quarantine, rows

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
