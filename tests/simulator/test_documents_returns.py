"""Returns and feedback: every refund is a return, every return an order's, and each store writes in its own way."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import BadRequest, NoData, listed, render_listed

from .kestrel import BY_ORDER_DATE, NOW, SELLER_OF, SETTLEMENT, amount, ask, codec_of, table

BUSINESS = Business()
FBA, MERCHANT = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA", "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE"
PRIME, FEEDBACK = "GET_CSV_MFN_PRIME_RETURNS_REPORT", "GET_SELLER_FEEDBACK_DATA"
AUTUMN = ("2026-09-20", "2026-11-18")


def rows(report_type: str, code: str, span: tuple[str, str] = AUTUMN) -> list[dict[str, str]]:
    return table(ask(BUSINESS, report_type, [code], *span))


@pytest.mark.parametrize("report_type", [FBA, MERCHANT, FEEDBACK])
def test_headers_are_the_fact_sheet_s(amazon_reference: Path, report_type: str) -> None:
    text = (amazon_reference.parent / "spapi_appendix_flatfile_headers.txt").read_text()
    known = re.search(rf"^{report_type} \(\d+\): (.*)$", text, re.MULTILINE)
    assert known is not None
    document = ask(BUSINESS, report_type, ["UK"], *AUTUMN)
    assert document.body.decode(codec_of(document)).split("\r\n")[0].split("\t") == known.group(1).split(", ")


@pytest.mark.parametrize("code", ["DE", "US", "JP"])
def test_every_refund_of_a_settlement_is_a_return(code: str) -> None:
    reports = [
        r
        for r in listed(BUSINESS, SELLER_OF[code], [SETTLEMENT], NOW - timedelta(days=40), NOW)
        if r.marketplace_ids == (ask_id(code),)
    ]
    report = reports[-1]
    refunded: Counter = Counter()
    for row in table(render_listed(BUSINESS, SELLER_OF[code], report)):
        if row["transaction-type"] == "Refund" and row["amount-description"] == "Principal" and row["amount-type"] == "ItemPrice":
            refunded[row["order-id"], row["sku"], row["fulfillment-id"]] += 1
    span = (report.start.isoformat(), report.end.isoformat())
    returned: Counter = Counter()
    plates = set()
    for row in rows(FBA, code, span):
        returned[row["order-id"], row["sku"], "AFN"] += 1
        plates.add(row["license-plate-number"])
    assert set(returned) == {key for key in refunded if key[2] == "AFN"}
    assert len(plates) == returned.total() > 10
    earlier = ((report.start - timedelta(days=5)).isoformat(), report.end.isoformat())
    try:
        merchant = {(r["Order ID"], r["Merchant SKU"], "MFN") for r in rows(MERCHANT, code, earlier)}
    except NoData:
        merchant = set()
    assert {key for key in refunded if key[2] == "MFN"} <= merchant


def ask_id(code: str) -> str:
    return next(m.id for m in BUSINESS.account(SELLER_OF[code]).marketplaces if m.code == code)


def test_returned_units_are_at_most_what_the_order_shipped() -> None:
    bought: Counter = Counter()
    for row in rows(BY_ORDER_DATE, "UK", ("2026-10-01", "2026-10-31")):
        if row["order-status"] == "Shipped":
            bought[row["amazon-order-id"], row["sku"]] += int(row["quantity"])
    back: Counter = Counter()
    for row in rows(FBA, "UK", ("2026-10-01", "2026-11-23")):
        back[row["order-id"], row["sku"]] += 1
    known = {key: n for key, n in back.items() if key in bought}
    assert len(known) > 15
    assert all(n <= bought[key] for key, n in known.items())


def test_merchant_returns_state_what_was_paid_and_refunded_with_english_months() -> None:
    found = [row for code in ("DE", "UK", "FR", "IT", "US") for row in tolerant(MERCHANT, code)]
    assert len(found) > 3
    for row in found:
        asked = datetime.strptime(row["Return request date"], "%d-%b-%Y")  # noqa: DTZ007 - a date
        assert asked > datetime.strptime(row["Order date"], "%d-%b-%Y")  # noqa: DTZ007 - a date
        assert int(row["Return quantity"]) <= int(row["Order quantity"])
        if row["Return request status"] == "Completed":
            assert Decimal(0) < amount(row["Refunded Amount"]) <= amount(row["Order Amount"])
    with pytest.raises(BadRequest, match="at most 60 days"):
        rows(MERCHANT, "DE", ("2026-08-01", "2026-11-01"))


def tolerant(report_type: str, code: str) -> list[dict[str, str]]:
    try:
        return rows(report_type, code)
    except NoData:
        return []


def test_prime_returns_are_those_of_the_merchant_s_that_are_prime_with_commas_and_quotes() -> None:
    prime = {
        row["Amazon RMA ID"]
        for code in ("DE", "UK", "FR", "IT", "US")
        for row in tolerant(MERCHANT, code)
        if row["Is prime"] == "Y"
    }
    found = set()
    for code in ("DE", "UK", "FR", "IT", "US"):
        try:
            document = ask(BUSINESS, PRIME, [code], *AUTUMN)
        except NoData:
            continue
        assert document.content_type == "text/csv; charset=UTF-8"
        found |= {row["Amazon RMA ID"] for row in csv.DictReader(io.StringIO(document.body.decode("utf-8")))}
    assert found == prime


def test_only_the_seller_s_own_skus_have_return_attributes() -> None:
    found = rows("GET_FLAT_FILE_MFN_SKU_RETURN_ATTRIBUTES_REPORT", "FR")
    assert {r["Merchant SKU"] for r in found} == {"KC-STV-1-MFN", "KC-CHR-XL"}


@pytest.mark.parametrize(
    ("code", "pattern", "header", "charset"),
    [
        ("US", "%m/%d/%y", "date", "UTF-8"),
        ("JP", "%y/%m/%d", "日付", "windows-31j"),
        ("DE", "%d.%m.%y", "Datum", "Cp1252"),
        ("FR", "%d/%m/%y", "Date", "Cp1252"),
        ("UK", "%d/%m/%y", "date", "Cp1252"),
    ],
)
def test_feedback_is_bad_and_dated_in_the_store_s_own_way(code: str, pattern: str, header: str, charset: str) -> None:
    document = ask(BUSINESS, FEEDBACK, [code], *AUTUMN)
    assert document.content_type.endswith(charset)
    found = [list(row.values()) for row in table(document)]
    assert next(iter(table(document)[0])) == header
    assert len(found) > 5
    days = [datetime.strptime(row[0], pattern) for row in found]  # noqa: DTZ007 - dates
    assert all(datetime(2026, 9, 19) <= day <= datetime(2026, 11, 19) for day in days)  # noqa: DTZ001 - dates
    assert days == sorted(days, reverse=True)
    assert {row[1] for row in found} <= {"1", "2", "3"}
    bought = {r["amazon-order-id"] for r in rows(BY_ORDER_DATE, code, ("2026-10-20", "2026-11-19"))}
    assert {row[4] for row in found if row[4] in bought}
